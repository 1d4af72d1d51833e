using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Composition;

namespace CartRecovery.Tests.Support;

/// <summary>An engine in this process that runs from a configuration file, with settings over it, as <c>run</c> does.</summary>
static class FileEngine
{
    /// <summary>Starts it.</summary>
    /// <param name="path">The file.</param>
    public static async Task<InProcessEngine> StartAsync(string path)
    {
        await File.AppendAllTextAsync(path, "\nlog: { level: error }\n");
        var (file, problems) = Host.Commands.ConfigFile.Reload(path, SettingsOverlay.Empty);
        Assert.That(problems, Is.Empty);
        var (config, settings) = await SettingsAccess.ApplyAsync(path, file!);
        var host = new EngineHost(config, new MemoryBudget(config, 1L << 40), TimeProvider.System, settings: settings);
        await host.StartAsync();
        host.Watch(path, Host.Commands.ConfigFile.Reload);
        return InProcessEngine.Of(host);
    }

    /// <summary>A configuration whose data folder is in the scratch folder.</summary>
    public static EngineConfig ConfigOf(Scratch scratch) => new() { Data = scratch.PathOf("data") };
}
