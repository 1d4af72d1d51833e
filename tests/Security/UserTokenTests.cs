using System.Net;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>A user token proves what the shop's server signed, and nothing else.</summary>
public sealed class UserTokenTests
{
    const string Secret = "0123456789abcdef0123456789abcdef", Header = """{"alg":"HS256","typ":"JWT"}""";

    static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    static readonly IdHasher s_ids = new("shop"u8);
    static readonly UserTokens s_tokens = new("shop", s_ids, Secret);

    [Test]
    public void A_token_of_the_shops_server_proves_its_user_until_it_expires()
    {
        var token = Token($$"""{"sub":"anna","aud":"shop","exp":{{s_now.ToUnixTimeSeconds() + 60}}}""");
        var user = s_tokens.Read(token, s_now);
        Assert.That(user, Is.EqualTo(new ProvenUser(s_ids.CustomerOf("anna"u8), s_now.ToUnixTimeMilliseconds() + 60_000)));
        Assert.That(user!.Covers(s_ids.CustomerOf("anna"u8), s_now.ToUnixTimeMilliseconds()), Is.True);
        Assert.That(user.Covers(s_ids.CustomerOf("ben"u8), s_now.ToUnixTimeMilliseconds()), Is.False);
        Assert.That(user.Covers(default, s_now.ToUnixTimeMilliseconds()), Is.False);
        Assert.That(user.Covers(s_ids.CustomerOf("anna"u8), s_now.ToUnixTimeMilliseconds() + 60_000), Is.False);
        Assert.That(s_tokens.Read(token, s_now.AddSeconds(61)), Is.Null);
    }

    [TestCase("""{"sub":"anna","aud":"other","exp":1800000060}""", TestName = "another store's")]
    [TestCase("""{"sub":"anna","exp":1800000060}""", TestName = "without a store")]
    [TestCase("""{"sub":"anna","aud":"shop"}""", TestName = "without an end")]
    [TestCase("""{"aud":"shop","exp":1800000060}""", TestName = "without a user")]
    [TestCase("""{"sub":"","aud":"shop","exp":1800000060}""", TestName = "with an empty user")]
    [TestCase("""{"sub":"anna","aud":"shop","exp":1800000060,"nbf":1800000600}""", TestName = "not valid yet")]
    [TestCase("""{"sub":17,"aud":"shop","exp":"x"}""", TestName = "of another form")]
    [TestCase("not json", TestName = "not JSON")]
    public void A_token_is_refused(string payload) => Assert.That(s_tokens.Read(Token(payload), s_now), Is.Null);

    [Test]
    public void A_token_that_the_shop_did_not_sign_is_refused()
    {
        const string Payload = """{"sub":"anna","aud":"shop","exp":1800000060}""";
        var good = Token(Payload);
        var none = $"{Encode("""{"alg":"none"}""")}.{Encode(Payload)}.";
        foreach (var token in (string[])[
            Token(Payload, secret: "another secret of the same length"), none, none + "x", good[..^2] + (good[^2] == 'A' ? 'B' : 'A') + good[^1],
            Token(Payload, header: """{"alg":"HS512","typ":"JWT"}"""), $"{good.Split('.')[0]}.{Encode(Payload.Replace("anna", "ben", StringComparison.Ordinal))}.{good.Split('.')[2]}",
            "", "a.b.c", "...", new string('a', 5000), good + "." + good])
        {
            Assert.That(s_tokens.Read(token, s_now), Is.Null, token);
        }

        Assert.That(s_tokens.Read(good, s_now), Is.Not.Null);
    }

    [Test]
    public async Task A_proven_user_opens_their_cart_on_another_device()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Stores[0].UserTokenSecret = Secret);
        var exp = TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds();
        var (annas, bens) = (Token($$"""{"sub":"anna","aud":"demo","exp":{{exp}}}"""), Token($$"""{"sub":"ben","aud":"demo","exp":{{exp}}}"""));

        Assert.That(await SendAsync(engine, "phone", "anna", annas), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await SendAsync(engine, "laptop", "anna", annas), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await SendAsync(engine, "thief", "anna", token: null), Is.EqualTo(HttpStatusCode.Forbidden), "a claimed user");
        Assert.That(await SendAsync(engine, "thief", "anna", bens), Is.EqualTo(HttpStatusCode.Forbidden), "another user's token");
        Assert.That(await SendAsync(engine, "thief", "anna", annas + "x"), Is.EqualTo(HttpStatusCode.Unauthorized), "an altered token");
    }

    static async Task<HttpStatusCode> SendAsync(InProcessEngine engine, string session, string user, string? token)
    {
        (string, string)[] headers = token is null ? [] : [("X-User-Token", token)];
        return (await engine.PostAsync(
            "/v1/events", EventJson.Of("c1", "view_cart", $",\"userId\":\"{user}\"", session: session), InProcessEngine.Publishable, headers)).Status;
    }

    static string Token(string payload, string secret = Secret, string header = Header)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)))}";
    }

    static string Encode(string text) => Base64(Encoding.UTF8.GetBytes(text));

    static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
