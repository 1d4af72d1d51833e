using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Plugins;

namespace CartRecovery.Tests.Plugins;

sealed class WebhookSignerTests
{
    // The example of the specification's own libraries.
    const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    [Test]
    public void The_specifications_example_has_its_published_signature() =>
        Assert.That(Sign(Secret), Is.EqualTo(Signature));

    [Test]
    public void Each_secret_adds_a_signature()
    {
        var other = "whsec_" + Convert.ToBase64String(new byte[64]);
        Assert.That(Sign($"{other}  {Secret}"), Is.EqualTo($"{Sign(other)} {Signature}"));
    }

    [TestCase("", "expected whsec_ and the base64 of 24 to 64 bytes")]
    [TestCase("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "expected whsec_ and the base64 of 24 to 64 bytes, got a text that does not begin with whsec_")]
    [TestCase("whsec_not base64", "expected whsec_ and the base64 of 24 to 64 bytes, got invalid base64 after whsec_")]
    [TestCase("whsec_AAAA", "expected whsec_ and the base64 of 24 to 64 bytes, got 3 bytes")]
    [TestCase("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_", "expected whsec_ and the base64 of 24 to 64 bytes, got 0 bytes")]
    public void An_invalid_secret_is_rejected_without_showing_it(string secret, string problem) =>
        Assert.That(WebhookSigner.TryParse(new Secret(secret), out _), Is.EqualTo(problem));

    [Test]
    public void A_secret_of_65_bytes_is_too_long() =>
        Assert.That(WebhookSigner.TryParse(new Secret("whsec_" + Convert.ToBase64String(new byte[65])), out _), Does.Contain("got 65"));

    static string Sign(string secrets)
    {
        Assert.That(WebhookSigner.TryParse(new Secret(secrets), out var signer), Is.Null);
        return signer!.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Encoding.UTF8.GetBytes("""{"test": 2432232314}"""));
    }
}
