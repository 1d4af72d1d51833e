using System.Diagnostics;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Declares the standard Prometheus process metrics under their usual names, and those of the garbage collector.</summary>
static class ProcessMetrics
{
    static readonly double s_startTime = ReadStartTime();

    /// <summary>Declares all metrics that the platform supports.</summary>
    public static void Declare(MetricRegistry metrics)
    {
        metrics.Counter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
            () => Environment.CpuUsage.TotalTime.TotalSeconds);
        metrics.Gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () => Environment.WorkingSet);
        metrics.Gauge("cartrecovery_process_cpu_cores", "Cores that the process may use, within the container's limit.", () => Environment.ProcessorCount);
        metrics.Gauge("cartrecovery_process_memory_limit_bytes", "Memory that the process may use: the container's limit, or the machine's memory, in bytes.",
            () => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        metrics.Gauge("process_start_time_seconds", "Start time of the process since the Unix epoch, in seconds.", () => s_startTime);
        if (OperatingSystem.IsLinux())
        {
            metrics.Gauge("process_open_fds", "Open file descriptors.", () => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        }

        metrics.Counter("dotnet_gc_collections_total", "Garbage collections that reached this generation and no higher.", ["generation"],
            () => Enumerable.Range(0, GC.MaxGeneration + 1).Select(g => new Sample(CollectionsOf(g), g.ToString())));
        metrics.Counter("dotnet_gc_allocated_bytes_total", "Bytes allocated on the managed heap since the start.",
            () => GC.GetTotalAllocatedBytes());
        metrics.Gauge("dotnet_gc_heap_size_bytes", "Bytes of the managed heap in use.", () => GC.GetTotalMemory(false));
        metrics.Counter("dotnet_gc_pause_seconds_total", "Time that the process was held for garbage collections, in seconds.",
            () => GC.GetTotalPauseDuration().TotalSeconds);
        metrics.Gauge("dotnet_threadpool_threads", "Threads of the thread pool.", () => ThreadPool.ThreadCount);
        metrics.Gauge("dotnet_threadpool_queue_length", "Work items waiting for a thread of the pool.", () => ThreadPool.PendingWorkItemCount);
    }

    // The runtime counts a collection for each lower generation too.
    static int CollectionsOf(int generation) =>
        GC.CollectionCount(generation) - (generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0);

    static double ReadStartTime()
    {
        using var process = Process.GetCurrentProcess();
        return (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
