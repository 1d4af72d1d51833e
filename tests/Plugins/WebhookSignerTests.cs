using System.Text;
using CartRecovery.Plugins;

namespace CartRecovery.Tests.Plugins;

sealed class WebhookSignerTests
{
    // The example of the specification's own libraries.
    const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    [Test]
    public void The_published_example_is_signed_as_published() =>
        Assert.That(Sign(Secret), Is.EqualTo(Signature));

    [Test]
    public void Each_of_several_secrets_gives_a_signature()
    {
        var other = "whsec_" + Convert.ToBase64String(new byte[64]);
        Assert.That(Sign($"{other}  {Secret}"), Is.EqualTo($"{Sign(other)} {Signature}"));
    }

    [TestCase("", "is empty")]
    [TestCase("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must begin with whsec_")]
    [TestCase("whsec_not base64", "must be base64 after whsec_")]
    [TestCase("whsec_AAAA", "must hold 24 to 64 bytes, not 3")]
    [TestCase("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_", "must hold 24 to 64 bytes, not 0")]
    public void A_secret_that_cannot_be_one_is_refused_without_showing_it(string secret, string problem) =>
        Assert.That(WebhookSigner.TryParse(secret, out _), Is.EqualTo(problem));

    [Test]
    public void A_secret_of_65_bytes_is_too_long() =>
        Assert.That(WebhookSigner.TryParse("whsec_" + Convert.ToBase64String(new byte[65]), out _), Does.Contain("not 65"));

    static string Sign(string secrets)
    {
        Assert.That(WebhookSigner.TryParse(secrets, out var signer), Is.Null);
        return signer!.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Encoding.UTF8.GetBytes("""{"test": 2432232314}"""));
    }
}
