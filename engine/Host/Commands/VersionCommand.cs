using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CartRecovery.Host.Commands;

/// <summary><c>version</c>.</summary>
static class VersionCommand
{
    /// <summary>Prints name, version, commit (if the build knew it) and runtime on one line.</summary>
    public static int Run(VersionOptions options)
    {
        var commit = BuildVersion.Commit is { Length: > 0 } digits ? $"commit {digits}, " : "";
        var runtime = $"{RuntimeInformation.FrameworkDescription}{(RuntimeFeature.IsDynamicCodeSupported ? "" : " native")}, {RuntimeInformation.RuntimeIdentifier}";
        Console.WriteLine($"cartrecovery {BuildVersion.Number} ({commit}{runtime})");
        return ExitCode.Success;
    }
}
