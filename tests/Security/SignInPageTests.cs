using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Storefront;
using CartRecovery.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Security;

/// <summary>The pages of a sign-in in a browser: choosing a password, and the answer of an identity provider.</summary>
[TestFixture]
[Category("EndToEnd")]
public sealed class SignInPageTests
{
    FakeOidcProvider _provider = null!;
    InProcessEngine _engine = null!;
    Chromium _chromium = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _provider = await FakeOidcProvider.StartAsync();
        _engine = await InProcessEngine.StartAsync(config => config.Control.Oidc = new OidcConfig
        {
            Issuer = _provider.Issuer,
            ClientId = "client",
            ClientSecret = "s&cret",
            PublicUrl = "http://127.0.0.1:7",
            Roles = { ["ops"] = "operator@demo" },
            Accounts = OidcAccounts.Create,
        });
        _chromium = await Chromium.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _chromium.DisposeAsync();
        await _engine.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Test]
    public async Task An_invited_person_chooses_a_password_once()
    {
        const string Email = "ada@team.example", Password = "correct horse battery";
        var (_, token) = await new UserStore(_engine.Host.Control).InviteAsync(Email, [new Grant("viewer", "demo")], "cli");
        await using var browser = await _chromium.OpenAsync();
        var page = await browser.OpenAsync(new Uri(_engine.Http.BaseAddress!, $"/v1/auth/password#{token}"));
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Set password" });
        var field = page.GetByLabel("New password");

        await field.FillAsync("short");
        await button.ClickAsync();
        Assert.That(await field.EvaluateAsync<bool>("input => !input.validity.valid"), Is.True, "the browser says that it is too short");
        await field.FillAsync(Password);
        await button.ClickAsync();
        await Expect(page.GetByText("Your password is set.")).ToBeVisibleAsync();
        await Expect(button).ToHaveCountAsync(0);
        Assert.That(page.Url, Does.Not.Contain(token), "the token is not left in the history");
        Assert.That(browser.Requests, Has.None.Contains(token), "nor sent in an address");
        Assert.That((await LoginAsync(Email, Password)).Json.GetProperty("accessToken").GetString(), Is.Not.Empty);

        var again = await browser.OpenAsync(new Uri(_engine.Http.BaseAddress!, $"/v1/auth/password#{token}"));
        await again.GetByLabel("New password").FillAsync("another password of hers");
        await again.GetByRole(AriaRole.Button, new() { Name = "Set password" }).ClickAsync();
        await Expect(again.Locator("output")).Not.ToBeEmptyAsync();
        Assert.That((await LoginAsync(Email, Password)).Json.TryGetProperty("accessToken", out _), Is.True, "the link was valid once");
        Assert.That(browser.Violations.Concat(browser.Errors), Is.Empty);
    }

    [Test]
    public async Task A_person_whom_the_provider_signs_in_continues_where_they_were_with_the_sessions_cookies()
    {
        SignIn("ops");
        await using var browser = await _chromium.OpenAsync();
        var page = await browser.OpenAsync(new Uri(_engine.Http.BaseAddress!, "/v1/auth/oidc/login?returnTo=/v1/auth/me"));
        // Asks again and again: the refresh of the page may be over before a wait for it begins.
        await Expect(page).ToHaveURLAsync(new Regex("/v1/auth/me$"));
        await Expect(page.Locator("body")).ToContainTextAsync("\"operator\"");
        var cookies = (await browser.Context.CookiesAsync([_engine.Http.BaseAddress!.AbsoluteUri])).Where(cookie => cookie.Name.StartsWith("__Host-", StringComparison.Ordinal)).ToArray();
        Assert.That(cookies.Select(cookie => cookie.Name), Is.SupersetOf(new[] { "__Host-access" }).And.None.StartsWith("__Host-oidc"));
        Assert.That(cookies.Where(cookie => cookie.Name is "__Host-access" or "__Host-refresh").Select(cookie => (cookie.HttpOnly, cookie.Secure, cookie.SameSite)),
            Is.All.EqualTo((true, true, SameSiteAttribute.Strict)));
        Assert.That(browser.Violations.Concat(browser.Errors), Is.Empty);
    }

    [Test]
    public async Task A_person_without_a_role_reads_why_and_has_no_session()
    {
        SignIn("others");
        await using var browser = await _chromium.OpenAsync();
        var page = await browser.OpenAsync(new Uri(_engine.Http.BaseAddress!, "/v1/auth/oidc/login"));
        await Expect(page.Locator("body")).ToContainTextAsync("no_role");
        Assert.That((await browser.Context.CookiesAsync()).Select(cookie => cookie.Name), Is.Empty);
    }

    // The provider sends the browser back at once, to the engine's port.
    void SignIn(string group) => _provider.Authorize = request =>
    {
        var (now, code) = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), Guid.NewGuid().ToString("n"));
        _provider.Challenge = request.Query["code_challenge"].ToString();
        _provider.Codes[code] = _provider.Tokens.Sign($$"""
            {"iss":"{{_provider.Issuer}}","aud":"client","sub":"{{group}}","iat":{{now}},"exp":{{now + 300}},"nonce":"{{request.Query["nonce"]}}","groups":["{{group}}"],
             "at_hash":"{{Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes("at")).AsSpan(0, 16))}}","email":"{{group}}@shop.example","email_verified":true}
            """);
        return new Uri(_engine.Http.BaseAddress!, $"/v1/auth/oidc/callback?state={request.Query["state"]}&code={code}");
    };

    Task<ApiAnswer> LoginAsync(string email, string password) => _engine.PostAsync("/v1/auth/login", $$"""{"email":"{{email}}","password":"{{password}}"}""", key: null);
}
