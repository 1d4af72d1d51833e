using System.Text;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Tests.ControlPlane.Users;

public sealed class TotpTests
{
    static readonly byte[] s_secret = Encoding.ASCII.GetBytes("12345678901234567890");

    // RFC 6238, appendix B.
    [TestCase(59, "94287082")]
    [TestCase(1111111109, "07081804")]
    [TestCase(1111111111, "14050471")]
    [TestCase(1234567890, "89005924")]
    [TestCase(2000000000, "69279037")]
    [TestCase(20000000000, "65353130")]
    public void The_RFCs_codes_are_computed(long seconds, string code) =>
        Assert.That(Totp.CodeOf(s_secret, Totp.StepOf(DateTimeOffset.FromUnixTimeSeconds(seconds)), digits: 8), Is.EqualTo(code));

    [TestCase(-2, false)]
    [TestCase(-1, true)]
    [TestCase(0, true)]
    [TestCase(1, true)]
    [TestCase(2, false)]
    public void A_code_is_valid_for_its_period_and_its_neighbours(int steps, bool isValid)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        Assert.That(Totp.Verify(s_secret, Totp.CodeOf(s_secret, Totp.StepOf(now) + steps), now, usedStep: null), isValid ? Is.EqualTo(Totp.StepOf(now) + steps) : Is.Null);
    }

    [Test]
    public void A_code_is_valid_once()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var code = Totp.CodeOf(s_secret, Totp.StepOf(now));
        Assert.That(Totp.Verify(s_secret, code, now, Totp.StepOf(now)), Is.Null);
        Assert.That(Totp.Verify(s_secret, code, now, Totp.StepOf(now) - 1), Is.Not.Null);
    }

    // RFC 4648, section 10, without padding.
    [TestCase("", "")]
    [TestCase("f", "MY")]
    [TestCase("fo", "MZXQ")]
    [TestCase("foo", "MZXW6")]
    [TestCase("foob", "MZXW6YQ")]
    [TestCase("fooba", "MZXW6YTB")]
    [TestCase("foobar", "MZXW6YTBOI")]
    public void Base_32_is_written_and_read(string text, string encoded)
    {
        Assert.That(Totp.Base32(Encoding.ASCII.GetBytes(text)), Is.EqualTo(encoded));
        Assert.That(Totp.TryParseBase32(encoded.ToLowerInvariant(), out var bytes));
        Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo(text));
        Assert.That(Totp.TryParseBase32("M1", out _), Is.False);
    }
}
