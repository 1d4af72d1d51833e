using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CartRecovery.Host.Commands;

/// <summary><c>version</c>.</summary>
static class VersionCommand
{
    const int CommitDigits = 12;

    static readonly string[] s_informational =
        (typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+', 2);

    /// <summary>The version, without the commit.</summary>
    public static string Version => s_informational[0];

    /// <summary>Prints name, version, commit (where the build knew it) and runtime in a line.</summary>
    public static int Run(VersionOptions options)
    {
        var commit = s_informational.Length < 2 ? "" : s_informational[1][..Math.Min(CommitDigits, s_informational[1].Length)];
        var runtime = $"{RuntimeInformation.FrameworkDescription}{(RuntimeFeature.IsDynamicCodeSupported ? "" : " native")}, {RuntimeInformation.RuntimeIdentifier}";
        Console.WriteLine($"cartrecovery {Version} ({(commit.Length > 0 ? $"commit {commit}, " : "")}{runtime})");
        return ExitCode.Fine;
    }
}
