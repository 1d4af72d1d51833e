using System.Buffers;
using System.Numerics;

namespace CartRecovery.Primitives;

/// <summary>A message's bytes side by side: as they are where they lie so, else copied together.</summary>
static class ContiguousBuffer
{
    [ThreadStatic]
    static byte[]? t_scratch;

    /// <summary>The bytes, until the thread asks for others.</summary>
    public static ReadOnlySpan<byte> Of(in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
        {
            return message.FirstSpan;
        }

        var length = (int)message.Length;
        if (t_scratch is null || t_scratch.Length < length)
        {
            t_scratch = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 4096)));
        }

        message.CopyTo(t_scratch);
        return t_scratch.AsSpan(0, length);
    }
}
