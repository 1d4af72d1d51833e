using K4os.Compression.LZ4;
using K4os.Compression.LZ4.Engine;

namespace CartRecovery.Engine.Journal;

/// <summary>LZ4 blocks, readable by every LZ4 library. Any thread may use it; it allocates nothing but a hash table for each thread.</summary>
public static class Lz4
{
    // A block this long (500 events) is written when a partition has no idle time: then speed counts more than room.
    const int LongBlock = 64 * 1024;

    // 1 to 65,537, how far the search for a match moves on after a miss. With 16 a block of events takes 14 to 27% less time than with 1,
    // and is 33 to 53% longer.
    const int LongAcceleration = 16;

    // More than a byte takes in compressed form.
    const int ScratchLength = 32;

    [ThreadStatic]
    static Pubternal.FastContext? t_context;

    /// <summary>How long the compressed form of so many bytes may be.</summary>
    /// <param name="length">0 to 2,113,929,216.</param>
    public static int MaxLength(int length) => LZ4Codec.MaximumOutputSize(length);

    /// <summary>Compresses bytes. Short blocks are searched more thoroughly than long ones.</summary>
    /// <returns>The compressed bytes' number; 0 where the target is too short for them, or there are none.</returns>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target) => source.Length < LongBlock
        ? Math.Max(0, LZ4Codec.Encode(source, target, LZ4Level.L00_FAST))
        : CompressLong(source, target);

    /// <summary>Takes compressed bytes apart. No input, however damaged, makes it read or write outside the two spans.</summary>
    /// <returns>How many bytes they were; negative when they are damaged or more than the target holds.</returns>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> target) => LZ4Codec.Decode(source, target);

    // The codec's own call knows acceleration 1 alone; the streaming one takes any.
    static unsafe int CompressLong(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var context = t_context ??= new Pubternal.FastContext();
        fixed (byte* from = source, to = target)
        {
            // A stream's next block may refer to the one before, unless that is shorter than a match: one byte makes this block independent.
            byte one = 0;
            var scratch = stackalloc byte[ScratchLength];
            Pubternal.CompressFast(context, &one, scratch, 1, ScratchLength, 1);
            return Math.Max(0, Pubternal.CompressFast(context, from, to, source.Length, target.Length, LongAcceleration));
        }
    }
}
