using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Federation;

/// <summary>Roles from a provider's claims, and the last administrator.</summary>
public sealed class OidcSignInTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    static readonly Grant s_admin = new(Role.Admin, Store: null), s_viewer = new("viewer", "demo");

    static readonly OidcOptions s_options = new("https://id.example", "engine", ClientSecret: null, new Uri("https://shop.example"), [],
        new RoleMap("groups", new Dictionary<string, IReadOnlyList<Grant>>(StringComparer.Ordinal) { ["admins"] = [s_admin], ["staff"] = [s_viewer] }), CreatesAccounts: true, NeedsVerifiedEmail: true);

    [Test]
    public async Task The_last_administrator_keeps_the_role_whatever_the_claims_say()
    {
        Assert.That(await SignInAsync("ann", "admins"), Is.EquivalentTo(new[] { s_admin }));
        Assert.That(await SignInAsync("ann", "staff"), Is.EquivalentTo(new[] { s_viewer, s_admin }), "nobody else could give it back");
        Assert.That(await SignInAsync("bob", "admins"), Is.EquivalentTo(new[] { s_admin }));
        Assert.That(await SignInAsync("ann", "staff"), Is.EquivalentTo(new[] { s_viewer }), "there is another administrator");
        Assert.That(await SignInAsync("bob", "staff"), Is.EquivalentTo(new[] { s_viewer, s_admin }));
        var kept = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "user.last_admin_kept"), long.MaxValue, 10);
        Assert.That(kept.Select(entry => entry.Event.Actor), Is.EqualTo(new[] { "oidc", "oidc" }));
    }

    [Test]
    public async Task An_administrator_of_a_store_is_not_guarded()
    {
        await SignInAsync("ann", "admins");
        await new UserStore(Control).InviteAsync("bob@shop.example", [new Grant(Role.Admin, "demo")], AuditEvent.Engine);
        Assert.That(await SignInAsync("bob", "staff"), Is.EquivalentTo(new[] { s_viewer }));
    }

    [Test]
    public async Task Who_has_no_role_at_the_provider_any_more_loses_roles_and_sessions_but_the_last_administrators_role_stays()
    {
        await SignInAsync("ann", "admins");
        await SignInAsync("bob", "staff");
        Assert.That(await RefusedAsync("ann"), Is.EqualTo(new[] { s_admin }));
        Assert.That(await RefusedAsync("bob"), Is.Empty);
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL")), Is.Zero);
        Assert.That(await SignInAsync("bob", "staff"), Is.EqualTo(new[] { s_viewer }), "the provider gives a role again");
    }

    [Test]
    public async Task Without_a_role_a_sign_in_creates_nothing()
    {
        await using var recorder = new AuditRecorder(Control);
        var signIns = new OidcSignIns(Control, recorder);
        var roleless = s_options with { Roles = null };
        Assert.That((await signIns.SignInAsync(s_options, Identity("eve", "others"), Attempt(), "192.0.2.1")).Outcome, Is.EqualTo(OidcOutcome.NoRole));
        Assert.That((await signIns.SignInAsync(roleless, Identity("eve", "admins"), Attempt(), "192.0.2.1")).Outcome, Is.EqualTo(OidcOutcome.UnknownUser), "roles are given here");
        Assert.That(await new UserStore(Control).ListAsync(), Is.Empty);
        foreach (var table in new[] { SqlPart.Of($"oidc_identities"), SqlPart.Of($"oidc_sessions"), SqlPart.Of($"sessions"), SqlPart.Of($"refresh_tokens"), SqlPart.Of($"user_links") })
        {
            Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM {table}")), Is.Zero);
        }

        // An account that is there is found by the address once, and by the person afterwards.
        await new UserStore(Control).InviteAsync("eve@shop.example", [s_viewer], AuditEvent.Engine);
        Assert.That((await signIns.SignInAsync(roleless, Identity("eve", "others"), Attempt(), "192.0.2.1")).Outcome, Is.EqualTo(OidcOutcome.SignedIn));
        Assert.That((await signIns.SignInAsync(roleless, Identity("mallory", "others", "eve@shop.example"), Attempt(), "192.0.2.1")).Outcome, Is.EqualTo(OidcOutcome.OtherPerson));
        Assert.That((await new UserStore(Control).ListAsync()).Single().Grants, Is.EqualTo(new[] { s_viewer }));
    }

    [Test]
    public async Task A_sign_out_at_the_provider_ends_the_sessions_and_its_token_is_valid_once()
    {
        await SignInAsync("ann", "admins");
        await SignInAsync("bob", "staff");
        var signIns = new OidcSignIns(Control, new AuditRecorder(Control));
        var logout = new OidcLogout("jti-1", "ann", Session: null);
        Assert.That(await signIns.LogoutAsync(s_options, logout, "192.0.2.1"), Is.EqualTo(1));
        Assert.That(await signIns.LogoutAsync(s_options, logout, "192.0.2.1"), Is.Null);
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL")), Is.EqualTo(1), "bob's");
    }

    static OidcIdentity Identity(string name, string group, string? email = null) => new(
        new JwtClaims(JsonElement.Parse($$"""{"sub":"{{name}}","email":"{{email ?? $"{name}@shop.example"}}","email_verified":true,"groups":["{{group}}"]}""")), "token");

    OidcAttempt Attempt() => OidcAttempt.Begin("/", Control.Time.GetUtcNow());

    async Task<IReadOnlyList<Grant>> RefusedAsync(string name)
    {
        var claims = new JwtClaims(JsonElement.Parse($$"""{"sub":"{{name}}","email":"{{name}}@shop.example","email_verified":true,"groups":["others"]}"""));
        await using var recorder = new AuditRecorder(Control);
        var (outcome, _) = await new OidcSignIns(Control, recorder)
            .SignInAsync(s_options, new OidcIdentity(claims, "token"), OidcAttempt.Begin("/", Control.Time.GetUtcNow()), "192.0.2.1");
        Assert.That(outcome, Is.EqualTo(OidcOutcome.NoRole));
        return (await new UserStore(Control).FindAsync($"{name}@shop.example"))!.Grants;
    }

    async Task<IReadOnlyList<Grant>> SignInAsync(string name, string group)
    {
        var claims = new JwtClaims(JsonElement.Parse($$"""{"sub":"{{name}}","email":"{{name}}@shop.example","email_verified":true,"groups":["{{group}}"]}"""));
        var (outcome, issued) = await new OidcSignIns(Control, new AuditRecorder(Control))
            .SignInAsync(s_options, new OidcIdentity(claims, "token"), OidcAttempt.Begin("/", Control.Time.GetUtcNow()), "192.0.2.1");
        Assert.That((outcome, issued is null), Is.EqualTo((OidcOutcome.SignedIn, false)));
        return (await new UserStore(Control).FindAsync($"{name}@shop.example"))!.Grants;
    }
}
