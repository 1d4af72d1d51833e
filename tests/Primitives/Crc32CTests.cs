using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

public sealed class Crc32CTests
{
    // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
    [Test]
    public void The_CRC_matches_published_values()
    {
        Assert.That(Crc32C.Of(Encoding.ASCII.GetBytes("123456789")), Is.EqualTo(0xe3069283));
        Assert.That(Crc32C.Of(new byte[32]), Is.EqualTo(0x8a9136aa));
        Assert.That(Crc32C.Of([.. Enumerable.Repeat((byte)0xff, 32)]), Is.EqualTo(0x62a8ab43));
        Assert.That(Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]), Is.EqualTo(0x46dd794e));
        Assert.That(Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]), Is.EqualTo(0x113fdb5c));
        Assert.That(Crc32C.Of([]), Is.Zero);
    }

    [Test]
    public void The_CRC_is_independent_of_how_the_bytes_are_split([Range(0, 40)] int length)
    {
        var bytes = new byte[40];
        new Random(length).NextBytes(bytes);
        Assert.That(Crc32C.Append(Crc32C.Of(bytes.AsSpan(0, length)), bytes.AsSpan(length)), Is.EqualTo(Crc32C.Of(bytes)));
    }
}
