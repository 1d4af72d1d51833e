using System.Globalization;
using System.Runtime.InteropServices;

namespace CartRecovery.Bench.Proof;

/// <summary>The machine and time of the measurement.</summary>
/// <param name="Processor">The CPU model.</param>
/// <param name="Cores">Processors that this process may use.</param>
/// <param name="Virtual">Whether it runs under a hypervisor.</param>
/// <param name="MemoryBytes">The total memory.</param>
/// <param name="Kernel">The operating system's kernel.</param>
/// <param name="Runtime">The runtime of the load generator and the baselines.</param>
/// <param name="Commit">The checked-out commit, with a plus if files were modified.</param>
/// <param name="At">The start of the measurement.</param>
/// <param name="LoadAverageBefore">The load average of the minute before: near 0 on an idle machine.</param>
sealed record Machine(
    string Processor, int Cores, bool Virtual, long MemoryBytes, string Kernel, string Runtime, string Commit, DateTimeOffset At, double LoadAverageBefore)
{
    /// <summary>Describes this machine.</summary>
    public static async Task<Machine> DescribeAsync(CancellationToken stop)
    {
        var processor = await File.ReadAllLinesAsync("/proc/cpuinfo", stop);
        var memory = await File.ReadAllLinesAsync("/proc/meminfo", stop);
        var load = await File.ReadAllTextAsync("/proc/loadavg", stop);
        var commit = await Shell.RunAsync("git", ["rev-parse", "--short", "HEAD"], stop);
        var changed = await Shell.RunAsync("git", ["status", "--porcelain", "--untracked-files=no"], stop);
        return new Machine(
            ValueOf(processor, "model name"),
            Environment.ProcessorCount,
            ValueOf(processor, "flags").Split(' ').Contains("hypervisor", StringComparer.Ordinal),
            long.Parse(ValueOf(memory, "MemTotal").Split(' ')[0], CultureInfo.InvariantCulture) * 1024,
            Environment.OSVersion.VersionString,
            RuntimeInformation.FrameworkDescription,
            commit.Trim() + (changed.Length > 0 ? "+" : ""),
            TimeProvider.System.GetUtcNow(),
            double.Parse(load.Split(' ')[0], CultureInfo.InvariantCulture));
    }

    static string ValueOf(string[] lines, string key) =>
        lines.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
