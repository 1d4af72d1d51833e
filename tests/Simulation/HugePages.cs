using System.Globalization;
using System.Runtime.InteropServices;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// Lets Linux back the garbage collector's heap by huge pages. Each FASTER store allocates 8 MB, and a seed opens about 20 stores: most of a
/// simulation's time was faults of small pages. Advice: without effect where it cannot be taken.
/// </summary>
static class HugePages
{
    const int Advice = 14;

    static readonly Lazy<(nint Start, nint Length)> s_heap = new(Find);

    /// <summary>Advises for the whole heap. Repeat it now and then: memory that the collector returns and takes again has lost it.</summary>
    public static void Advise()
    {
        if (s_heap.Value.Length > 0)
        {
            _ = AdviseOf(s_heap.Value.Start, s_heap.Value.Length, Advice);
        }
    }

    // The reserved range around a large object: neighbouring mappings without a file.
    static (nint Start, nint Length) Find()
    {
        if (!OperatingSystem.IsLinux())
        {
            return default;
        }

        var probe = GC.AllocateUninitializedArray<byte>(1 << 20, pinned: true);
        var at = Marshal.UnsafeAddrOfPinnedArrayElement(probe, 0);
        var (start, end) = ((nint)0, (nint)0);
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var bounds = fields[0].Split('-').Select(text => nint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            if (fields.Length > 5)
            {
                continue;
            }

            if (bounds[0] != end)
            {
                if (start <= at && at < end)
                {
                    break;
                }

                start = bounds[0];
            }

            end = bounds[1];
        }

        GC.KeepAlive(probe);
        return start <= at && at < end ? (start, end - start) : default;
    }

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int AdviseOf(nint address, nint length, int advice);
}
