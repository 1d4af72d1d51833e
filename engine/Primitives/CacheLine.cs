using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CartRecovery.Primitives;

/// <summary>
/// Prefetches data into the processor's cache. State exceeds the cache, and a cache miss costs as much as decoding half an event;
/// prefetching overlaps the misses of many events. Affects only timing; does nothing if the processor has no such instruction.
/// </summary>
static class CacheLine
{
    /// <summary>Bytes of a cache line.</summary>
    public const int Size = 64;

    /// <summary>Prefetches the line that contains a place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref readonly T place)
    {
        if (Sse.IsSupported)
        {
            // The GC may move the object meanwhile; then another line is loaded, which is harmless.
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
        }
    }

    /// <summary>Prefetches the line at an address, which need not be valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(nint address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((void*)address);
        }
    }
}
