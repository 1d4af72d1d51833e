using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

public sealed class Lz4Tests
{
    // Below and above the length from which blocks are searched less thoroughly.
    [Test]
    public void Bytes_round_trip([Values(1, 13, 1000, 65_535, 65_536, 300_000)] int length, [Values("zeros", "noise", "words")] string content)
    {
        var bytes = Bytes(length, content);
        var packed = Compress(bytes);
        if (content != "noise" && length >= 1000)
        {
            Assert.That(packed, Has.Length.LessThan(length * 2 / 3));
        }

        var unpacked = new byte[length];
        Assert.That(Lz4.Decompress(packed, unpacked), Is.EqualTo(length));
        Assert.That(unpacked.AsSpan().SequenceEqual(bytes), Is.True);

        // A reference decoder of the format reads it.
        Assert.That(PlainLz4.Decompress(packed).AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public void A_long_block_does_not_refer_to_the_previous_one()
    {
        var bytes = Bytes(100_000, "noise");
        foreach (var from in new[] { 0, 0, 1, 30_000 })
        {
            var packed = Compress(bytes[from..]);
            Assert.That(packed, Has.Length.GreaterThanOrEqualTo(bytes.Length - from), "noise does not shrink unless it repeats earlier data");
            Assert.That(PlainLz4.Decompress(packed).AsSpan().SequenceEqual(bytes.AsSpan(from)), Is.True);
        }
    }

    // The hash table keeps 32-bit positions across blocks.
    [Test]
    public void Long_blocks_do_not_exhaust_the_positions()
    {
        var bytes = new byte[32 << 20];
        var packed = new byte[Lz4.MaxLength(bytes.Length)];
        for (var done = 0L; done < 5L << 30; done += bytes.Length)
        {
            Assert.That(Lz4.Compress(bytes, packed), Is.GreaterThan(0));
        }

        Bytes_round_trip(300_000, "words");
    }

    [Test]
    public void The_example_of_the_format_description_is_decoded()
    {
        // A hand-made block: literals "abc", a match of 7 at distance 3, and the last literals "wxyz!".
        byte[] block = [0x33, .. "abc"u8, 3, 0, 0x50, .. "wxyz!"u8];
        var target = new byte[15];
        Assert.That(Lz4.Decompress(block, target), Is.EqualTo(15));
        Assert.That(Encoding.ASCII.GetString(target), Is.EqualTo("abcabcabcawxyz!"));
    }

    [Test]
    public void Insufficient_space_and_damage_are_reported([Values(1000, 100_000)] int length)
    {
        var bytes = Bytes(length, "noise");
        Assert.That(Lz4.Compress(bytes, new byte[length / 10]), Is.Zero);

        var packed = Compress(bytes);
        Assert.That(Lz4.Decompress(packed, new byte[length - 1]), Is.Negative);
        Assert.That(Lz4.Decompress(packed.AsSpan(0, packed.Length - 1), new byte[length]), Is.Not.EqualTo(length));
        Assert.That(Lz4.Decompress([], new byte[10]), Is.LessThanOrEqualTo(0));
        Assert.That(Lz4.Compress([], new byte[10]), Is.Zero);
    }

    static byte[] Compress(byte[] bytes)
    {
        var packed = new byte[Lz4.MaxLength(bytes.Length)];
        return packed[..Lz4.Compress(bytes, packed)];
    }

    static byte[] Bytes(int length, string content)
    {
        var bytes = new byte[length];
        var random = new Random(1);
        if (content == "noise")
        {
            random.NextBytes(bytes);
        }

        for (var at = 0; content == "words" && at < length;)
        {
            var word = Encoding.ASCII.GetBytes($"\"word-{random.Next(500):D5}\":{random.Next(1000)},");
            word.AsSpan(0, Math.Min(word.Length, length - at)).CopyTo(bytes.AsSpan(at));
            at += word.Length;
        }

        return bytes;
    }
}
