using System.Reflection;

namespace CartRecovery.Host.Commands;

/// <summary><c>version</c>.</summary>
static class VersionCommand
{
    /// <summary>The version, without what the build adds to it.</summary>
    public static string Version { get; } =
        (typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    public static int Run()
    {
        Console.WriteLine($"cartrecovery {Version}");
        return ExitCode.Fine;
    }
}
