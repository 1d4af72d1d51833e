using System.Buffers;
using System.Numerics;

namespace CartRecovery.Primitives;

/// <summary>Makes a message contiguous, copying only if it spans segments.</summary>
static class ContiguousBuffer
{
    [ThreadStatic]
    static byte[]? s_scratch;

    /// <summary>Returns the bytes; valid until the thread's next call.</summary>
    public static ReadOnlySpan<byte> Of(in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
        {
            return message.FirstSpan;
        }

        var length = (int)message.Length;
        if (s_scratch is null || s_scratch.Length < length)
        {
            s_scratch = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 4096)));
        }

        message.CopyTo(s_scratch);
        return s_scratch.AsSpan(0, length);
    }
}
