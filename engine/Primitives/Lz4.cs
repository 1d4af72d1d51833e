using K4os.Compression.LZ4;
using K4os.Compression.LZ4.Engine;

namespace CartRecovery.Primitives;

/// <summary>Compresses and decompresses LZ4 blocks in the standard format. Any thread; allocates one hash table per thread.</summary>
public static class Lz4
{
    // A block this long (500 events) is written when a partition has no idle time: then speed matters more than size.
    const int LongBlock = 64 * 1024;

    // How far the match search advances after a miss, 1 to 65,537. Compared with 1, 16 takes 14 to 27% less time for a block of events and
    // is 33 to 53% longer.
    const int LongAcceleration = 16;

    // More than one byte takes when compressed.
    const int ScratchLength = 32;

    [ThreadStatic]
    static Pubternal.FastContext? s_context;

    /// <summary>Returns the maximum compressed length.</summary>
    /// <param name="length">0 to 2,113,929,216.</param>
    public static int MaxLength(int length) => LZ4Codec.MaximumOutputSize(length);

    /// <summary>Compresses bytes; short blocks more thoroughly than long ones.</summary>
    /// <returns>The compressed length; 0 if the target is too short or the source is empty.</returns>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target) => source.Length < LongBlock
        ? Math.Max(0, LZ4Codec.Encode(source, target, LZ4Level.L00_FAST))
        : CompressLong(source, target);

    /// <summary>Compresses bytes as far as LZ4 goes, at a tenth of the speed.</summary>
    /// <returns>The compressed length; 0 if the target is too short or the source is empty.</returns>
    public static int CompressSmall(ReadOnlySpan<byte> source, Span<byte> target) => Math.Max(0, LZ4Codec.Encode(source, target, LZ4Level.L12_MAX));

    /// <summary>Decompresses bytes. No input, however damaged, makes it read or write outside the two spans.</summary>
    /// <returns>The decompressed length; negative if the input is damaged or exceeds the target.</returns>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> target) => LZ4Codec.Decode(source, target);

    // The codec's one-shot call only supports acceleration 1; the streaming call takes any.
    static unsafe int CompressLong(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var context = s_context ??= new Pubternal.FastContext();
        fixed (byte* from = source, to = target)
        {
            // A stream's next block may refer to the previous one, unless that is shorter than a match: a one-byte block makes this one
            // independent.
            byte one = 0;
            var scratch = stackalloc byte[ScratchLength];
            Pubternal.CompressFast(context, &one, scratch, 1, ScratchLength, 1);
            return Math.Max(0, Pubternal.CompressFast(context, from, to, source.Length, target.Length, LongAcceleration));
        }
    }
}
