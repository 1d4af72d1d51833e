using System.Globalization;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Declares the metrics of the machine and of the container's limits, from Linux' <c>/proc</c> and control groups (v1 and v2).</summary>
public sealed class MachineMetrics
{
    // /proc/stat counts in these, on every Linux.
    const double TicksPerSecond = 100;

    static readonly string[] s_modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

    readonly string _proc;
    readonly string _groups;

    MachineMetrics(string proc, string groups) => (_proc, _groups) = (proc, groups);

    /// <summary>Declares the metrics that the platform has.</summary>
    /// <param name="metrics">The registry.</param>
    /// <param name="folder">A folder of the disk of interest.</param>
    /// <param name="proc">Linux' <c>/proc</c>.</param>
    /// <param name="groups">Where the control groups are.</param>
    public static void Declare(MetricRegistry metrics, string folder, string proc = "/proc", string groups = "/sys/fs/cgroup")
    {
        metrics.Gauge("cartrecovery_machine_disk_bytes", "Size of the data folder's disk, and what is free on it, in bytes", ["kind"], () =>
        {
            var drive = new DriveInfo(Path.GetFullPath(folder));
            return [new Sample(drive.TotalSize, "total"), new Sample(drive.AvailableFreeSpace, "free")];
        });
        if (!File.Exists(Path.Combine(proc, "stat")))
        {
            return;
        }

        var machine = new MachineMetrics(proc, groups);
        metrics.Counter("cartrecovery_machine_cpu_seconds_total", "CPU time of the machine by core and mode, in seconds", ["cpu", "mode"], machine.Cpu);
        metrics.Gauge("cartrecovery_machine_load", "Average number of running and waiting threads of the last minute", machine.Load);
        metrics.Gauge("cartrecovery_machine_memory_bytes", "Memory of the machine, in bytes", ["kind"], machine.Memory);
        metrics.Counter("cartrecovery_machine_network_bytes_total", "Bytes received and sent by network interface", ["interface", "direction"],
            machine.Network);
        metrics.Counter("cartrecovery_process_disk_bytes_total", "Bytes that the process caused the disk to read and write", ["direction"], machine.Disk);
        metrics.Gauge("process_max_fds", "Maximum number of open file descriptors.", machine.MaxFiles);
        metrics.Gauge("cartrecovery_container_memory_bytes", "Memory limit (+Inf without one) and use of the container, in bytes", ["kind"], machine.ContainerMemory);
        metrics.Gauge("cartrecovery_container_cpu_cores", "CPU limit of the container, in cores; +Inf without one", machine.ContainerCpu);
        metrics.Counter("cartrecovery_container_cpu_throttled_seconds_total", "Time that the container's threads waited for the CPU limit, in seconds",
            machine.ContainerThrottled);
    }

    IEnumerable<Sample> Cpu()
    {
        foreach (var line in Lines("stat").TakeWhile(line => line.StartsWith("cpu", StringComparison.Ordinal)).Where(line => line.Length > 3 && char.IsAsciiDigit(line[3])))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < s_modes.Length && i + 1 < words.Length; i++)
            {
                yield return new Sample(Number(words[i + 1]) / TicksPerSecond, words[0][3..], s_modes[i]);
            }
        }
    }

    double Load() => Number(Lines("loadavg").First().Split(' ')[0]);

    IEnumerable<Sample> Memory()
    {
        foreach (var line in Lines("meminfo"))
        {
            var kind = line.Split(':')[0] switch { "MemTotal" => "total", "MemAvailable" => "available", "SwapTotal" => "swap_total", "SwapFree" => "swap_free", _ => null };
            if (kind is not null)
            {
                yield return new Sample(Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024, kind);
            }
        }
    }

    IEnumerable<Sample> Network()
    {
        foreach (var line in Lines("net/dev").Skip(2))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var words = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            yield return new Sample(Number(words[0]), line[..colon].Trim(), "received");
            yield return new Sample(Number(words[8]), line[..colon].Trim(), "sent");
        }
    }

    IEnumerable<Sample> Disk()
    {
        foreach (var line in Lines("self/io"))
        {
            var words = line.Split(": ");
            if (words[0] is "read_bytes" or "write_bytes")
            {
                yield return new Sample(Number(words[1]), words[0] == "read_bytes" ? "read" : "written");
            }
        }
    }

    double MaxFiles()
    {
        var words = Lines("self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words[3] == "unlimited" ? double.PositiveInfinity : Number(words[3]);
    }

    IEnumerable<Sample> ContainerMemory()
    {
        var limit = Group("memory.max") ?? Group("memory/memory.limit_in_bytes");
        var used = Group("memory.current") ?? Group("memory/memory.usage_in_bytes");

        // Version 1 writes no limit as the largest number of whole pages.
        var bytes = limit is null or "max" || Number(limit) > 1L << 60 ? double.PositiveInfinity : Number(limit);
        return [new Sample(bytes, "limit"), new Sample(used is null ? 0 : Number(used), "used")];
    }

    double ContainerCpu()
    {
        var (quota, period) = Group("cpu.max") is { } both ? (both.Split(' ')[0], both.Split(' ')[^1])
            : (Group("cpu/cpu.cfs_quota_us"), Group("cpu/cpu.cfs_period_us"));
        return quota is null or "max" or "-1" || period is null ? double.PositiveInfinity : Number(quota) / Number(period);
    }

    double ContainerThrottled()
    {
        foreach (var (file, name, unit) in new[] { ("cpu.stat", "throttled_usec ", 1e6), ("cpu/cpu.stat", "throttled_time ", 1e9) })
        {
            var line = Group(file)?.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            if (line is not null)
            {
                return Number(line[name.Length..]) / unit;
            }
        }

        return 0;
    }

    string? Group(string name)
    {
        var path = Path.Combine(_groups, name);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    string[] Lines(string name) => File.ReadAllLines(Path.Combine(_proc, name));

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
