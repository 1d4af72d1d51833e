using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Tests.ControlPlane.Keys;

public sealed class ApiKeySettingsTests
{
    static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    static readonly ApiKeySettings s_secret = new("a", KeyKind.Secret, ["events:write"], []), s_publishable = new("a", KeyKind.Publishable, null, ["*"]);

    static IEnumerable<(ApiKeySettings, string?)> Cases =>
    [
        (s_secret, null),
        (s_publishable, null),
        (s_secret with { Scopes = null, ExpiresAt = s_now.AddTicks(1) }, null),
        (s_secret with { Name = " " }, "name"),
        (s_secret with { Name = "a\nb" }, "name"),
        (s_secret with { Name = new string('a', 101) }, "name"),
        (s_secret with { ExpiresAt = s_now }, "expiresAt"),
        (s_secret with { Origins = ["*"] }, "origins"),
        (s_secret with { Scopes = [] }, "scopes"),
        (s_secret with { Scopes = ["events:write", "users:write"] }, "scopes"),
        (s_secret with { Scopes = ["api_keys:write"] }, "scopes"),
        (s_secret with { Scopes = [null!, "personal_data:read"] }, "scopes"),
        (s_secret with { Scopes = ["personal_data:read", null!] }, "scopes"),
        (s_secret with { ExpiresAt = s_now + ApiKeySettings.MaxLife }, null),
        (s_secret with { ExpiresAt = s_now + ApiKeySettings.MaxLife + TimeSpan.FromTicks(1) }, "expiresAt"),
        (s_secret with { ExpiresAt = DateTimeOffset.MaxValue }, "expiresAt"),
        (s_publishable with { Origins = [null!] }, "origins"),
        (s_secret with { Scopes = ["audit:read"] }, "scopes"),
        (s_publishable with { Scopes = ["events:write"] }, "scopes"),
        (s_publishable with { Origins = [.. Enumerable.Repeat("*", 101)] }, "origins"),
        (s_publishable with { Origins = [new string('a', 257)] }, "origins"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void A_problem_names_its_field((ApiKeySettings Settings, string? Field) given) =>
        Assert.That(given.Settings.ProblemAt(s_now)?.Split(':')[0], Is.EqualTo(given.Field));
}
