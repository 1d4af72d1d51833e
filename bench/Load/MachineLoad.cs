using System.Globalization;

namespace CartRecovery.Bench.Load;

/// <summary>Processor time of the whole machine since its start, in ticks of the kernel.</summary>
/// <param name="Cores">The number of cores.</param>
/// <param name="Busy">Spent by processes and the kernel.</param>
/// <param name="Stolen">Taken by the hypervisor for other machines.</param>
/// <param name="Total">Spent and idle.</param>
readonly record struct MachineLoad(int Cores, double Busy, double Stolen, double Total)
{
    /// <summary>Reads <c>/proc/stat</c>; <see langword="null"/> on other systems.</summary>
    public static MachineLoad? Read() => File.Exists("/proc/stat") ? Parse(File.ReadAllLines("/proc/stat")) : null;

    /// <summary>Parses the lines of <c>/proc/stat</c>: <c>cpu user nice system idle iowait irq softirq steal …</c>.</summary>
    internal static MachineLoad Parse(string[] lines)
    {
        var ticks = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        var (idle, stolen, total) = (ticks[3] + ticks[4], ticks[7], ticks.Sum());
        return new MachineLoad(lines.Count(line => line.StartsWith("cpu", StringComparison.Ordinal) && char.IsAsciiDigit(line[3])), total - idle - stolen, stolen, total);
    }

    /// <summary>Computes what was busy between two readings.</summary>
    /// <param name="before">The earlier reading.</param>
    /// <param name="known">The usage of the engine and the generator, in percent of a core.</param>
    public MachineReport Since(MachineLoad before, double known)
    {
        var perTick = Total > before.Total ? 100.0 * Cores / (Total - before.Total) : 0;
        var busy = (Busy - before.Busy) * perTick;
        return new MachineReport(Cores, busy, Math.Max(0, busy - known), (Stolen - before.Stolen) * perTick);
    }
}

/// <summary>How busy the machine was. In percent of a core.</summary>
/// <param name="Cores">The number of cores.</param>
/// <param name="BusyPercent">All processes.</param>
/// <param name="OthersPercent">Processes other than the engine and the generator; the engine's too if its metrics are not known.</param>
/// <param name="StolenPercent">Taken by the hypervisor for other machines.</param>
public sealed record MachineReport(int Cores, double BusyPercent, double OthersPercent, double StolenPercent)
{
    /// <summary>Whether so much else ran that the figures are not the engine's alone: 5% of the cores.</summary>
    public bool IsShared => OthersPercent + StolenPercent > 5 * Cores;
}
