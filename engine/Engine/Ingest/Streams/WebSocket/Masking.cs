using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>Unmasks client payloads: XOR with a repeating four-byte key (RFC 6455, section 5.3).</summary>
public static class Masking
{
    /// <summary>Copies and unmasks a payload in one pass.</summary>
    /// <param name="payload">The masked payload.</param>
    /// <param name="mask">The mask, first byte lowest.</param>
    /// <param name="target">Receives the payload.</param>
    public static void Remove(in ReadOnlySequence<byte> payload, uint mask, Span<byte> target)
    {
        foreach (var segment in payload)
        {
            var source = segment.Span;
            Remove(source, mask, target);
            target = target[source.Length..];
            // The next segment continues mid-mask.
            mask = Advance(mask, source.Length);
        }
    }

    /// <summary>Rotates the mask for the bytes after the first <paramref name="count"/> of a payload.</summary>
    public static uint Advance(uint mask, int count) => BitOperations.RotateRight(mask, 8 * (count & 3));

    /// <summary>Unmasks contiguous bytes. Target and source may be the same.</summary>
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
