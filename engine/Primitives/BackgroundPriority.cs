using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>Lowers the priority of a thread. The framework's priorities have no effect on Linux, where each thread has a nice value of its own.</summary>
public static partial class BackgroundPriority
{
    // PRIO_PROCESS, which is a thread on Linux; 0 is the caller.
    const int Thread = 0;
    const int Lowest = 19;

    // A third of a normal thread's share of a processor that both want; the lowest has 1.5%.
    const int Low = 5;

    /// <summary>Gives the calling thread the lowest priority, for good: only for a thread that ends with its work.</summary>
    /// <returns><see langword="false"/> if the system has no such thing.</returns>
    public static bool Enter() => OperatingSystem.IsLinux() && SetPriority(Thread, 0, Lowest) == 0;

    /// <summary>Gives the calling thread a low priority, for good: for work that has to end in time even if every processor is busy.</summary>
    /// <returns><see langword="false"/> if the system has no such thing.</returns>
    public static bool EnterLow() => OperatingSystem.IsLinux() && SetPriority(Thread, 0, Low) == 0;

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, uint who, int priority);
}
