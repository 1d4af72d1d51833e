using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>
/// Large tables in pages of 2 MB, where Linux hands those out on request (transparent_hugepage: madvise, the usual setting). Such tables are looked
/// at in no order: with pages of 4 KB nearly every look also misses the processor's table of pages. All of a table is made present when the
/// engine starts, so that no event waits for it. Where the system does not go along, everything works as before, and slower.
/// </summary>
static partial class HugePages
{
    const int Huge = 14;     // MADV_HUGEPAGE of madvise(2)
    const int Present = 23;  // MADV_POPULATE_WRITE, since Linux 5.14
    const long PageSize = 2 << 20;

    // Below this a table is not worth it.
    const long Smallest = 8 << 20;

    /// <summary>Prepares memory that does not move; what is in it stays.</summary>
    public static void Prepare(nint address, long bytes)
    {
        if (bytes < Smallest || !OperatingSystem.IsLinux())
        {
            return;
        }

        // Whole pages alone.
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
