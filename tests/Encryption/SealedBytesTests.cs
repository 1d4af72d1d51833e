using CartRecovery.Engine.Encryption;

namespace CartRecovery.Tests.Encryption;

[TestFixture]
public sealed class SealedBytesTests : EncryptionFixture
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(4096)]
    public void Data_opens_only_at_its_place(int length)
    {
        var data = new byte[length];
        new Random(1).NextBytes(data);
        var bytes = SealedBytes.Seal(Keys.Take(KeyUse.Person), data, "here"u8);

        Assert.That(SealedBytes.Is(bytes), Is.True);
        Assert.That(bytes, Has.Length.EqualTo(length + SealedBytes.Overhead));
        Assert.That(SealedBytes.Open(Keys, bytes, "here"u8), Is.EqualTo(data));
        Assert.That(SealedBytes.Open(Keys, bytes, "there"u8), Is.Null);
    }

    [Test]
    public void Changed_data_does_not_open()
    {
        var bytes = SealedBytes.Seal(Keys.Take(KeyUse.Person), "anna@example.com"u8, "here"u8);
        for (var i = 0; i < bytes.Length; i++)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= 1;
            Assert.That(SealedBytes.Open(Keys, changed, "here"u8), Is.Null, $"byte {i}");
            Assert.That(SealedBytes.Open(Keys, bytes[..i], "here"u8), Is.Null, $"length {i}");
        }
    }

    [Test]
    public void The_same_data_looks_different_each_time()
    {
        var key = Keys.Take(KeyUse.Person);
        var all = Enumerable.Range(0, 1000).Select(_ => Convert.ToHexString(SealedBytes.Seal(key, "x"u8, default)[9..21])).ToHashSet(StringComparer.Ordinal);
        Assert.That(all, Has.Count.EqualTo(1000));
    }

    [TestCase("""{"email":"anna@example.com","phone":"+4917012345678"}""")]
    [TestCase("")]
    [TestCase("+4917012345678901234567890123456789012345678")]
    public void Plaintext_is_not_taken_for_sealed_data(string text) => Assert.That(SealedBytes.Is(System.Text.Encoding.UTF8.GetBytes(text)), Is.False);
}
