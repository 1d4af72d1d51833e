using System.Buffers.Text;
using CartRecovery.Engine.Journeys.Tracking;

namespace CartRecovery.Tests.Journeys.Tracking;

public sealed class LinkSignerTests
{
    static readonly LinkSigner s_signer = new("0123456789abcdef0123456789abcdef"u8);
    static readonly SignedLink s_link = new(LinkKind.Restore, "iv_0123456789abcdef0123456789abcdef", "shop", "cart 1", 1000);

    [Test]
    public void A_link_round_trips([Values] LinkKind kind)
    {
        var link = s_link with { Kind = kind, StoreId = new string('é', 32), CartId = new string('c', 64) };
        var token = s_signer.Sign(link);
        Assert.That(token, Does.Match("^[A-Za-z0-9_-]+$"));
        Assert.That(s_signer.Read(token, kind, 1000), Is.EqualTo(link));
    }

    [Test]
    public void A_link_is_valid_until_its_expiry()
    {
        var token = s_signer.Sign(s_link);
        Assert.That(s_signer.Read(token, LinkKind.Restore, 1000), Is.Not.Null);
        Assert.That(s_signer.Read(token, LinkKind.Restore, 1001), Is.Null);
    }

    [Test]
    public void A_link_is_valid_only_for_its_own_purpose([Values] LinkKind kind) =>
        Assert.That(s_signer.Read(s_signer.Sign(s_link), kind, 0), kind == LinkKind.Restore ? Is.EqualTo(s_link) : Is.Null);

    [Test]
    public void Changing_any_bit_invalidates_a_link()
    {
        var bytes = Base64Url.DecodeFromChars(s_signer.Sign(s_link));
        for (var i = 0; i < bytes.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[i] ^= (byte)(1 << bit);
                foreach (var kind in Enum.GetValues<LinkKind>())
                {
                    Assert.That(s_signer.Read(Base64Url.EncodeToString(bytes), kind, 0), Is.Null, $"byte {i}, bit {bit}");
                }

                bytes[i] ^= (byte)(1 << bit);
            }
        }
    }

    [Test]
    public void A_link_signed_with_another_secret_is_invalid() =>
        Assert.That(new LinkSigner("another secret of 32 or more bytes"u8).Read(s_signer.Sign(s_link), LinkKind.Restore, 0), Is.Null);

    [Test]
    public void Garbage_is_rejected_without_an_exception()
    {
        var random = new Random(7);
        var token = s_signer.Sign(s_link);
        for (var i = 0; i < 20_000; i++)
        {
            var text = (i % 4) switch
            {
                0 => new string([.. Enumerable.Range(0, random.Next(1100)).Select(_ => (char)random.Next(0x3000))]),
                1 => Base64Url.EncodeToString(Bytes(random.Next(300))),
                2 => token[..random.Next(token.Length)],
                _ => token.Insert(random.Next(token.Length), ((char)random.Next(0x21, 0x7f)).ToString()),
            };
            Assert.That(() => s_signer.Read(text, LinkKind.Restore, 0), Throws.Nothing, text);
            Assert.That(s_signer.Read(text, LinkKind.Restore, 0), Is.Null, text);
        }

        Assert.That(s_signer.Read("", LinkKind.Restore, 0), Is.Null);
        Assert.That(s_signer.Read(new string('A', 1 << 20), LinkKind.Restore, 0), Is.Null);

        byte[] Bytes(int count)
        {
            var bytes = new byte[count];
            random.NextBytes(bytes);
            return bytes;
        }
    }
}
