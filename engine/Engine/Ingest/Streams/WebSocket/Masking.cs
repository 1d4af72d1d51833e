using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>RFC 6455, section 5.3: a client's payload is the exclusive or of its bytes and four bytes in turn.</summary>
public static class Masking
{
    /// <summary>Copies a masked payload and takes the mask off on the way: one pass over the bytes.</summary>
    /// <param name="payload">The masked payload.</param>
    /// <param name="mask">The mask, its first byte lowest.</param>
    /// <param name="target">Room for the payload.</param>
    public static void Remove(in ReadOnlySequence<byte> payload, uint mask, Span<byte> target)
    {
        foreach (var segment in payload)
        {
            var source = segment.Span;
            Remove(source, mask, target);
            target = target[source.Length..];
            // The next segment goes on in the middle of the mask.
            mask = Advance(mask, source.Length);
        }
    }

    /// <summary>The mask of what follows that many bytes of a payload.</summary>
    public static uint Advance(uint mask, int count) => BitOperations.RotateRight(mask, 8 * (count & 3));

    /// <summary>The same for bytes in one piece. Target and source may be the same.</summary>
    public static void Remove(ReadOnlySpan<byte> source, uint mask, Span<byte> target)
    {
        var i = 0;
        if (Vector.IsHardwareAccelerated && source.Length >= Vector<byte>.Count)
        {
            var wide = Vector.AsVectorByte(new Vector<uint>(mask));
            for (; i <= source.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                (new Vector<byte>(source[i..]) ^ wide).CopyTo(target[i..]);
            }
        }

        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, mask);
        for (; i < source.Length; i++)
        {
            target[i] = (byte)(source[i] ^ bytes[i & 3]);
        }
    }
}
