using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>
/// Places large tables on 2 MB pages where Linux offers them on request (transparent_hugepage: madvise, the usual setting). These tables
/// are accessed randomly, and with 4 KB pages nearly every access also misses the TLB. Populates the table at startup, so that no event
/// waits for a page fault. Without system support everything works, but slower.
/// </summary>
static partial class HugePages
{
    const int Huge = 14;     // MADV_HUGEPAGE of madvise(2)
    const int Present = 23;  // MADV_POPULATE_WRITE, since Linux 5.14
    const long PageSize = 2 << 20;

    // Smaller tables do not benefit.
    const long MinSize = 8 << 20;

    /// <summary>Prepares memory that does not move; its contents are preserved.</summary>
    public static void Prepare(nint address, long bytes)
    {
        if (bytes < MinSize || !OperatingSystem.IsLinux())
        {
            return;
        }

        // Only whole pages qualify.
        var start = (address + PageSize - 1) / PageSize * PageSize;
        var length = ((address + bytes) / PageSize * PageSize) - start;
        if (length > 0 && Advise((nint)start, (nint)length, Huge) == 0)
        {
            Advise((nint)start, (nint)length, Present);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
