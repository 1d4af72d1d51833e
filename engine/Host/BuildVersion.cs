using System.Reflection;

namespace CartRecovery.Host;

/// <summary>Identifies the build, from the assembly's informational version.</summary>
static class BuildVersion
{
    const int CommitDigits = 12;

    static readonly string[] s_informational =
        (typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+', 2);

    /// <summary>The version, without the commit.</summary>
    public static string Number => s_informational[0];

    /// <summary>The first 12 digits of the commit; empty if the build did not know it.</summary>
    public static string Commit => s_informational.Length < 2 ? "" : s_informational[1][..Math.Min(CommitDigits, s_informational[1].Length)];
}
