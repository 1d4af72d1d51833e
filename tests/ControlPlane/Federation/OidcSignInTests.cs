using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
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
