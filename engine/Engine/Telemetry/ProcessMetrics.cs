using System.Diagnostics;

namespace CartRecovery.Engine.Telemetry;

/// <summary>The metrics that every Prometheus client gives of its process, under their usual names, and the garbage collector's.</summary>
static class ProcessMetrics
{
    static readonly double StartTime = ReadStartTime();

    /// <summary>Writes them all. What the platform cannot tell is left out.</summary>
    public static void Write(PrometheusText text)
    {
        text.Single("process_cpu_seconds_total", "User and system CPU time spent, in seconds.", "counter",
            Environment.CpuUsage.TotalTime.TotalSeconds);
        text.Single("process_resident_memory_bytes", "Resident memory size in bytes.", "gauge", Environment.WorkingSet);
        text.Single("process_start_time_seconds", "Start time of the process since the Unix epoch, in seconds.", "gauge", StartTime);
        if (OperatingSystem.IsLinux())
        {
            text.Single("process_open_fds", "Open file descriptors.", "gauge",
                Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        }

        text.Header("dotnet_gc_collections_total", "Garbage collections that reached this generation and no higher.", "counter");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            // The runtime counts a collection for each generation below it as well.
            var higher = generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0;
            text.Sample("dotnet_gc_collections_total", PrometheusText.Label("generation", generation.ToString()),
                GC.CollectionCount(generation) - higher);
        }

        text.Single("dotnet_gc_allocated_bytes_total", "Bytes allocated on the managed heap since the start.", "counter",
            GC.GetTotalAllocatedBytes());
        text.Single("dotnet_gc_heap_size_bytes", "Bytes of the managed heap in use.", "gauge", GC.GetTotalMemory(false));
        text.Single("dotnet_gc_pause_seconds_total", "Time that the process was held for garbage collections, in seconds.", "counter",
            GC.GetTotalPauseDuration().TotalSeconds);
        text.Single("dotnet_threadpool_threads", "Threads of the thread pool.", "gauge", ThreadPool.ThreadCount);
        text.Single("dotnet_threadpool_queue_length", "Work items waiting for a thread of the pool.", "gauge",
            ThreadPool.PendingWorkItemCount);
    }

    static double ReadStartTime()
    {
        using var process = Process.GetCurrentProcess();
        return (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
