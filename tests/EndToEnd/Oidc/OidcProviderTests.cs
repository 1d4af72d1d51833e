using System.Net;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Oidc;

/// <summary>Sign-in and sign-out by npm's oidc-provider.</summary>
[TestFixture]
sealed class OidcProviderTests
{
    [TestCase("userinfo")]
    [TestCase("idtoken")]
    public async Task A_person_signs_in_and_a_sign_out_at_the_provider_ends_the_session_here(string claims)
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync();
        using var provider = await NodeProvider.StartAsync(scratch, engine.Http.BaseAddress!, claims);
        engine.Reload(config => config.Control.Oidc = new OidcConfig
        {
            Issuer = provider.Issuer,
            ClientId = "cartrecovery",
            ClientSecret = "a secret of the test",
            PublicUrl = engine.Http.BaseAddress!.AbsoluteUri,
            Scopes = ["email", "groups"],
            Roles = { ["marketing"] = "marketer@demo" },
            Accounts = OidcAccounts.Create,
        });
        using var browser = NodeProvider.Browser();

        var session = await SignInAsync(engine, provider, browser);
        var me = await engine.GetAsync("/v1/auth/me", key: null, session);
        Assert.That(me.Json.GetProperty("email").GetString(), Is.EqualTo("ada@shop.example"));
        Assert.That(me.Json.GetProperty("roles").GetRawText(), Is.EqualTo("""[{"role":"marketer","storeId":"demo"}]"""));
        Assert.That((await engine.GetAsync("/v1/campaigns", key: null, session)).Status, Is.EqualTo(HttpStatusCode.OK));

        // The provider tells the engine, which ends the sessions of this provider's session.
        var second = await SignInAsync(engine, provider, browser);
        await SignOutAsync(browser, new Uri($"{provider.Issuer}/session/end?client_id=cartrecovery"));
        await Eventually.Is(() => IsOver(engine, second), "the provider's sign-out arrives");
        Assert.That(IsOver(engine, session), Is.True);

        // The engine tells where to sign out at the provider.
        session = await SignInAsync(engine, provider, browser);
        var csrf = ("X-CSRF-Token", (await engine.GetAsync("/v1/auth/me", key: null, session)).Json.GetProperty("csrfToken").GetString()!);
        var signOut = await engine.AskAsync(HttpMethod.Post, "/v1/auth/oidc/logout", content: null, key: null, session, csrf);
        var end = await SignOutAsync(browser, new Uri(signOut.Json.GetProperty("address").GetString()!));
        Assert.That(end, Is.EqualTo(engine.Http.BaseAddress), "back here");
        Assert.That(IsOver(engine, session), Is.True);
    }

    static async Task<(string, string)> SignInAsync(InProcessEngine engine, NodeProvider provider, HttpClient browser)
    {
        using var begin = await browser.GetAsync(new Uri(engine.Http.BaseAddress!, "/v1/auth/oidc/login?returnTo=/docs"));
        Assert.That(begin.StatusCode, Is.EqualTo(HttpStatusCode.Found), await begin.Content.ReadAsStringAsync());
        var back = await provider.SignInAsync(browser, begin.Headers.Location!, "ada");
        Assert.That(back.AbsolutePath, Is.EqualTo("/v1/auth/oidc/callback"));

        // Cookies with this prefix are for TLS, which a browser does not ask of its own machine.
        using var request = new HttpRequestMessage(HttpMethod.Get, back);
        request.Headers.Add("Cookie", begin.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        using var plain = new HttpClient(new HttpClientHandler { UseCookies = false });
        using var end = await plain.SendAsync(request);
        var page = await end.Content.ReadAsStringAsync();
        Assert.That(end.StatusCode, Is.EqualTo(HttpStatusCode.OK), page);
        Assert.That(page, Does.Contain("url=/docs"));
        return ("Cookie", end.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("__Host-access=", StringComparison.Ordinal)).Split(';')[0]);
    }

    static async Task<Uri> SignOutAsync(HttpClient browser, Uri address)
    {
        using var answer = await browser.GetAsync(address);
        return await NodeProvider.SubmitAsync(browser, address, await answer.Content.ReadAsStringAsync(), new() { ["logout"] = "yes" });
    }

    static bool IsOver(InProcessEngine engine, (string, string) session) =>
        engine.GetAsync("/v1/auth/me", key: null, session).GetAwaiter().GetResult().Status == HttpStatusCode.Unauthorized;
}
