using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CartRecovery.Primitives;

/// <summary>
/// Asks the processor to load what will be needed soon. State is larger than the cache, and a load that misses costs as much as decoding
/// half an event: asked for early, the loads of many events overlap. It changes nothing but time, and does nothing where the processor has no such instruction.
/// </summary>
static class CacheLine
{
    /// <summary>Bytes of a cache line.</summary>
    public const int Size = 64;

    /// <summary>Asks for the line that a place lies in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref readonly T place)
    {
        if (Sse.IsSupported)
        {
            // The collector may move the object meanwhile: then another line is loaded, and no harm done.
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
        }
    }

    /// <summary>Asks for the line at an address, which need not be one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(nint address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((void*)address);
        }
    }
}
