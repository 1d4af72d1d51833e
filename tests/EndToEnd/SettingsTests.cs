using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>config</c> beside a running engine, and what a crash leaves of it.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class SettingsTests
{
    [Test]
    public async Task The_command_changes_a_running_engine_and_a_crash_loses_nothing()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig();
        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            var set = await EngineBinary.RunAsync(scratch.Folder, ["config", "set", "limits.batch", "7", "--reason", "a test", "--config", "cartrecovery.yaml"]);
            Assert.That((set.ExitCode, set.Output), Is.EqualTo((0, "limits.batch: none -> 7\nversion 1. A running engine applies it within a second; if it cannot, /health (settings) reports why.\n")), set.Errors);
            await Eventually.Is(() => SettingsOf(engine).GetAwaiter().GetResult() == "version 1", "it is in force");
            await engine.KillAsync();
        }

        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            Assert.That(await SettingsOf(engine), Is.EqualTo("version 1"));
            var check = await EngineBinary.RunAsync(scratch.Folder, ["check", "--against-running", "--config", "cartrecovery.yaml"]);
            Assert.That(check.Output, Does.Contain("The running engine has this configuration."));
        }

        var shown = await EngineBinary.RunAsync(scratch.Folder, ["check", "--settings", "--config", "cartrecovery.yaml"]);
        Assert.That(shown.Output, Does.Contain("The settings (version 1) change: limits.batch\n"));
        var wrong = await EngineBinary.RunAsync(scratch.Folder, ["config", "set", "limits.batch", "0", "--config", "cartrecovery.yaml"]);
        Assert.That((wrong.ExitCode, wrong.Errors), Is.EqualTo((1, "settings: limits.batch: error: limits.batch must be at least 1, not 0\n")));
        var history = await EngineBinary.RunAsync(scratch.Folder, ["config", "history", "--config", "cartrecovery.yaml"]);
        Assert.That(history.Output, Does.Match(@"(?m)^1 +\S+Z +cli +limits\.batch +a test$"));
        var back = await EngineBinary.RunAsync(scratch.Folder, ["config", "rollback", "0", "--config", "cartrecovery.yaml"]);
        Assert.That(back.Output, Does.StartWith("limits.batch: 7 -> none\nversion 2."));
    }

    static async Task<string?> SettingsOf(RunningEngine engine)
    {
        using var client = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        using var health = JsonDocument.Parse(await client.GetStringAsync("/health"));
        return health.RootElement.GetProperty("parts").GetProperty("settings").GetProperty("detail").GetString();
    }
}
