using System.Text;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Tests.Journal;

public sealed class Lz4Tests
{
    [Test]
    public void The_library_is_there() => Assert.That(Lz4.Version, Is.GreaterThanOrEqualTo(new Version(1, 8)));

    [Test]
    public void Bytes_come_back([Values(0, 1, 13, 1000, 100_000)] int length, [Values] bool noise)
    {
        var bytes = new byte[length];
        if (noise) new Random(1).NextBytes(bytes);
        var packed = new byte[Lz4.MaxLength(length)];
        var packedLength = Lz4.Compress(bytes, packed);
        Assert.That(packedLength, Is.GreaterThan(0));
        if (!noise && length >= 1000) Assert.That(packedLength, Is.LessThan(length / 50));

        var unpacked = new byte[length];
        Assert.That(Lz4.Decompress(packed.AsSpan(0, packedLength), unpacked), Is.EqualTo(length));
        Assert.That(unpacked, Is.EqualTo(bytes));
    }

    [Test]
    public void A_block_of_the_format_description_is_read()
    {
        // Literals "abc", a match of 7 from 3 back, and the last literals "wxyz!": the block format, by hand.
        byte[] block = [0x33, .. "abc"u8, 3, 0, 0x50, .. "wxyz!"u8];
        var target = new byte[15];
        Assert.That(Lz4.Decompress(block, target), Is.EqualTo(15));
        Assert.That(Encoding.ASCII.GetString(target), Is.EqualTo("abcabcabcawxyz!"));
    }

    [Test]
    public void What_has_no_room_or_is_damaged_is_said()
    {
        var bytes = new byte[1000];
        new Random(1).NextBytes(bytes);
        Assert.That(Lz4.Compress(bytes, new byte[100]), Is.Zero);

        var packed = new byte[Lz4.MaxLength(1000)];
        var length = Lz4.Compress(bytes, packed);
        Assert.That(Lz4.Decompress(packed.AsSpan(0, length), new byte[999]), Is.Negative);
        Assert.That(Lz4.Decompress(packed.AsSpan(0, length - 1), new byte[1000]), Is.Not.EqualTo(1000));
        Assert.That(Lz4.Decompress([], new byte[10]), Is.Negative);
    }
}
