using System.Net;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>JSON Web Tokens of another issuer as callers of the API.</summary>
[TestFixture]
sealed class ForeignTokenApiTests
{
    static readonly long s_now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    Scratch _scratch = null!;
    TokenIssuer _issuer = null!;
    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        (_scratch, _issuer) = (new Scratch(), new TokenIssuer());
        var section = Section("ops", "operator@demo");
        _engine = await InProcessEngine.StartAsync(config => config.Control.Tokens["platform"] = section);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _issuer.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public async Task A_token_may_do_what_its_roles_may()
    {
        var me = await GetAsync("/v1/auth/me", Token("ops"));
        Assert.That((me.Status, me.Json.GetProperty("id").GetString()), Is.EqualTo((HttpStatusCode.OK, "platform/svc")));
        Assert.That((await GetAsync("/v1/carts", Token("ops"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await GetAsync("/v1/audit", Token("ops"))).Problem, Is.EqualTo((403, "permission_denied")), "a role in one store");
        Assert.That((await GetAsync("/v1/carts", Token("others"))).Problem, Is.EqualTo((403, "no_role")));
        Assert.That((await GetAsync("/v1/carts", Token("ops") + "x")).Problem, Is.EqualTo((401, "invalid_token")));
        Assert.That((await GetAsync("/v1/carts", _issuer.Unsigned("{}") + "AA")).Problem, Is.EqualTo((401, "invalid_token")));
        Assert.That((await _engine.GetAsync("/v1/carts", InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.OK), "keys go on");
    }

    [Test]
    public async Task A_reload_replaces_the_roles()
    {
        Assert.That((await GetAsync("/v1/carts", Token("later"))).Problem, Is.EqualTo((403, "no_role")));
        _engine.Reload(config => config.Control.Tokens["platform"] = Section("later", "viewer"));
        Assert.That((await GetAsync("/v1/campaigns", Token("later"))).Status, Is.EqualTo(HttpStatusCode.OK));
        _engine.Reload(_ => { });
        Assert.That((await GetAsync("/v1/campaigns", Token("later"))).Problem, Is.EqualTo((403, "no_role")));
    }

    [Test]
    public async Task A_token_takes_one_token_of_its_addresss_rate_before_it_is_verified()
    {
        // Its keys cannot be read: what is verified asks for them, and says so.
        var section = Section("ops", "operator@demo");
        section.Keys = _scratch.PathOf("none.json");
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Control.Tokens["platform"] = section;
            config.Limits.Rates.Loopback = true;
            config.Limits.Rates.Requests.Api.Address = new TokenRate(1, 3);
        });
        var answers = new List<ApiAnswer>();
        for (var i = 0; i < 5; i++)
        {
            answers.Add(await engine.GetAsync("/v1/carts", key: null, ("Authorization", $"Bearer {Token("ops")}")));
        }

        Assert.That(answers.Take(3).Select(answer => answer.Problem), Has.All.EqualTo((401, "invalid_token")), "a request takes one token, not two");
        Assert.That(answers[0].Body, Does.Contain("keys are not available").And.Not.Contain("none.json"));
        Assert.That(answers[^1].Problem, Is.EqualTo((429, "rate_limited")));
        Assert.That(answers[^1].Headers, Does.ContainKey("Retry-After"));
        Assert.That(engine.Host.Federation.Tokens.Verifications, Is.EqualTo(answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized)), "those that were rejected were not verified");
        var health = await engine.GetAsync("/health");
        Assert.That(health.Json.GetProperty("parts").GetProperty("issuers").GetProperty("detail").GetString(), Does.StartWith("platform: ").And.Contain("none.json"), "operators are told");
    }

    Task<ApiAnswer> GetAsync(string path, string token) => _engine.GetAsync(path, key: null, ("Authorization", $"Bearer {token}"));

    string Token(string role) => _issuer.Sign($$"""{"iss":"https://login.example","aud":"cartrecovery","sub":"svc","exp":{{s_now + 300}},"roles":"{{role}}"}""");

    TokenIssuerConfig Section(string value, string roles) => new()
    {
        Issuer = "https://login.example",
        Audience = "cartrecovery",
        Keys = _scratch.Write("keys.json", _issuer.KeySet),
        Roles = { [value] = roles },
    };
}
