using System.Globalization;
using System.Text.Json;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>
/// Kinds of changes over HTTP. Members stand for invitations, and a changed job for a paused one: they share a transaction. What ends or is used once is in
/// <see cref="OneTimeChanges"/>. Signing keys rotate by the clock, in one transaction with their entry, as roles do;
/// what shoppers do is <see cref="CrashTests"/>' part, forgetting them <see cref="ErasureCrashTests"/>'.
/// </summary>
static class ControlChanges
{
    /// <summary>Campaigns of the file: the first is started by hand, the second paused, the third sends discount codes.</summary>
    public const string Campaigns = """
        [{ name: byhand, trigger: { event: coupon_denied }, action: { type: reminder }, channel: socket, message: m },
         { name: halted, trigger: { event: coupon_denied }, action: { type: reminder }, channel: socket, message: m },
         { name: coded, trigger: { event: coupon_denied }, action: { type: discount, percent: 10, codes: { prefix: SAVE- } }, channel: book, message: "{{ offer.code }}" }]
        """;

    /// <summary>Carts for interventions by hand: c0, c1, …</summary>
    public const int Carts = 40;

    const string Incidents = "/api/v1/monitoring/incidents", Rules = "/api/v1/monitoring/alerts/rules";

    static readonly DateTimeOffset s_later = DateTimeOffset.UnixEpoch.AddSeconds((TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(2)).ToUnixTimeSeconds());

    /// <summary>Kinds with their audit entry in the transaction of the change.</summary>
    public static readonly ControlChange[] Audited =
    [
        new("setting", n => (HttpMethod.Patch, "/v1/config", new { limits = new { batch = 1000 + n } }), n => Text(1000 + n),
            "/v1/config/limits.batch", json => json.GetProperty("value").GetRawText()) { Audit = "action=config.", HasVersions = true },
        new("flag", n => (HttpMethod.Put, "/v1/feature-flags/crash", new { type = "number", variants = new { it = n }, defaultVariant = "it" }), Text,
            "/v1/feature-flags/crash", json => json.GetProperty("variants").GetProperty("it").GetRawText()) { Audit = "target=feature_flag:crash" },
        new("experiment", n => n == 0
                ? (HttpMethod.Post, "/v1/experiments", new { key = "try", type = "number", variants = new[] { new { name = "a", value = 1, weight = 1 }, new { name = "b", value = 2, weight = 1 } } })
                : (HttpMethod.Patch, "/v1/experiments/try", new { weights = new { a = 1, b = 1 + n } }), n => Text(1 + n),
            "/v1/experiments/try", json => json.GetProperty("variants")[1].GetProperty("weight").GetRawText()) { Audit = "target=experiment:try" },
        new("role", n => n == 0 ? (HttpMethod.Post, "/v1/roles", Role(n)) : (HttpMethod.Put, "/v1/roles/buyer", Role(n)), n => Text(1 + (n % 2)),
            "/v1/roles", json => Text(Items(json).Single(role => role.GetProperty("name").GetString() == "buyer").GetProperty("permissions").GetArrayLength())) { Audit = "target=role:buyer" },
        new("key", n => (HttpMethod.Post, "/v1/api-keys", new { name = $"k{n}", kind = "secret", scopes = new[] { "events:write" } }), n => Text(n + 1),
            "/v1/api-keys?limit=500", json => Text(Items(json).Count(key => key.GetProperty("name").GetString()?.StartsWith('k') == true))) { Audit = "action=api_key.add", Before = OneTimeChanges.Things },
        new("job", n => (HttpMethod.Patch, "/v1/jobs/upkeep", new { retries = 3 + (n % 2) }), n => Text(3 + (n % 2)),
            "/v1/jobs/upkeep", json => json.GetProperty("retries").GetRawText()) { Audit = "action=job.change" },
        new("campaign", n => n == 0 ? (HttpMethod.Post, "/v1/campaigns", Campaign(n)) : (HttpMethod.Put, "/v1/campaigns/crash", Campaign(n)), n => $"message {n}",
            "/v1/campaigns/crash", json => json.GetProperty("campaign").GetProperty("message").GetString()!) { Audit = "target=campaign:crash", HasVersions = true },
        new("segment", n => (HttpMethod.Put, "/v1/segments/crash", new { conditions = new[] { new { feature = "cart_value", above = n } } }), Text,
            "/v1/segments/crash", json => json.GetProperty("conditions")[0].GetProperty("above").GetRawText()) { Audit = "target=segment:crash" },
        new("template", n => (HttpMethod.Put, "/v1/templates/crash", new { message = $"text {n}" }), n => $"text {n}",
            "/v1/templates/crash", json => json.GetProperty("message").GetString()!) { Audit = "target=template:crash" },
        new("member", n => (HttpMethod.Post, "/v1/members", new { email = $"member{n}@team.example", roles = new[] { new { role = "viewer" } } }), n => Text(n + 1),
            "/v1/members?limit=500", json => Text(Items(json).Count(member => member.GetProperty("email").GetString()!.StartsWith("member", StringComparison.Ordinal))))
        { Audit = "action=user.add", Before = 1 + (2 * OneTimeChanges.Accounts) },
        new("request", n => (HttpMethod.Post, $"/v1/gdpr/forget/user{n}", new { }), n => Text(n + 1),
            "/v1/gdpr/requests?limit=500", json => Text(Items(json).Count())) { Audit = "action=privacy.forget", MaxPerRound = 2 },
    ];

    /// <summary>Kinds whose audit entry follows the answer: a crash leaves what was answered, and of what was on its way all or nothing.</summary>
    /// <param name="intervention">An intervention to move.</param>
    /// <param name="incident">An incident to change.</param>
    /// <param name="rule">An alert rule to change.</param>
    /// <param name="model">A model's version that is not the champion.</param>
    public static ControlChange[] Answered(string intervention, string incident, string rule, string model) =>
    [
        new("suppression", n => (HttpMethod.Post, "/v1/suppressions", Address(n)), n => Names("s", n), "/v1/suppressions?limit=500",
            json => Names("s", Items(json).Select(row => row.GetProperty("reason").GetString()!))),
        // The even changes suppress the address, the odd ones release it.
        new("release", n => (n % 2 == 0 ? HttpMethod.Post : HttpMethod.Delete, "/v1/suppressions", new { channel = "email", address = "again@mail.example", reason = "again" }), n => n % 2 == 0 ? "again" : "",
            "/v1/suppressions?limit=500", json => Items(json).Any(row => row.GetProperty("reason").GetString() == "again") ? "again" : ""),
        new("intervention", n => (HttpMethod.Post, "/v1/interventions", new { cartId = $"c{n}", campaign = "byhand", at = s_later, key = $"k{n}" }), n => Names("c", n),
            "/v1/interventions?limit=500", json => Names("c", Items(json).Where(row => row.GetProperty("state").GetString() == "scheduled").Select(row => row.GetProperty("cartId").GetString()!))),
        new("moved intervention", n => (HttpMethod.Put, $"/v1/interventions/{intervention}", new { at = s_later.AddMinutes(n + 1) }), n => Text((int)s_later.AddMinutes(n + 1).ToUnixTimeSeconds()),
            $"/v1/interventions/{intervention}", json => Text((int)Items(json).Single().GetProperty("dueAt").GetDateTimeOffset().ToUnixTimeSeconds()))
        { Initial = Text((int)s_later.ToUnixTimeSeconds()) },
        new("paused campaign", n => (HttpMethod.Post, $"/v1/campaigns/halted/{(n % 2 == 0 ? "pause" : "resume")}", new { }), n => n % 2 == 0 ? "paused" : "active",
            "/v1/campaigns?limit=500", json => Items(json).Single(campaign => campaign.GetProperty("name").GetString() == "halted").GetProperty("state").GetString()!) { Initial = "active" },
        new("product", n => (HttpMethod.Post, "/v1/products", new[] { new { id = "p1", name = $"name {n}", stock = n } }), n => $"name {n}, {n}", "/v1/products?limit=500",
            json => Items(json).Where(product => product.GetProperty("id").GetString() == "p1").Select(product => $"{product.GetProperty("name").GetString()}, {product.GetProperty("stock").GetRawText()}").SingleOrDefault("")),
        new("customer", n => (HttpMethod.Post, "/v1/users", new { userId = $"u{n}", id = $"add{n}", attributes = new { plan = n } }), n => Names("u", n), "/v1/users?limit=500",
            json => Names("u", Items(json).Select(user => user.GetProperty("userId").GetString()!))),
        new("alias", n => (HttpMethod.Put, $"/v1/models/purchase/aliases/try{n}", new { version = model, why = "crash" }), n => Names("try", n), "/v1/models/purchase/aliases",
            json => Names("try", Items(json).Select(alias => alias.GetProperty("alias").GetString()!))) { MaxPerRound = 5 },
        new("canary", n => (HttpMethod.Put, "/v1/models/purchase/canary", new { version = model, percent = n + 1, why = "crash" }), n => Text(n + 1), "/v1/models/purchase/canary",
            json => json.GetProperty("percent").GetRawText()) { MaxPerRound = 5 },
        new("silence", n => (HttpMethod.Post, "/api/v2/silences", Silence($"v{n}", s_later)), n => Names("v", n), "/api/v2/silences",
            json => Names("v", json.EnumerateArray().Select(silence => silence.GetProperty("matchers")[0].GetProperty("value").GetString()!))),
        new("alert rule", n => (HttpMethod.Post, Rules, Rule($"r{n}", 1e9)), n => Names("r", n), Rules,
            json => Names("r", json.EnumerateArray().Select(item => item.GetProperty("rule_name").GetString()!))),
        new("changed alert rule", n => (HttpMethod.Put, $"{Rules}/{rule}", new { threshold = 1_000_001 + n }), n => Text(1_000_001 + n), $"{Rules}/{rule}",
            json => Text((int)json.GetProperty("threshold").GetDouble())) { Initial = "1000000" },
        new("incident", n => (HttpMethod.Post, Incidents, new { title = $"i{n}", severity = "info" }), n => Names("i", n), $"{Incidents}?limit=500",
            json => Names("i", Items(json).Select(item => item.GetProperty("title").GetString()!))),
        // Each adds a line to the timeline, too.
        new("changed incident", n => (HttpMethod.Patch, $"{Incidents}/{incident}", new { root_cause = $"cause {n}" }), n => $"cause {n}", $"{Incidents}/{incident}",
            json => json.TryGetProperty("root_cause", out var cause) ? cause.GetString() ?? "" : ""),
        new("incident's note", n => (HttpMethod.Post, $"{Incidents}/{incident}/entries", new { kind = "note", text = $"n{n}" }), n => Names("n", n), $"{Incidents}/{incident}",
            json => Names("n", json.GetProperty("timeline").EnumerateArray().Where(entry => entry.GetProperty("kind").GetString() == "note").Select(entry => entry.GetProperty("text").GetString()!))),
    ];

    public static object Silence(string value, DateTimeOffset endsAt) =>
        new { matchers = new[] { new { name = "instance", value, isRegex = false, isEqual = true } }, startsAt = TimeProvider.System.GetUtcNow(), endsAt, createdBy = "operator", comment = value };

    public static object Rule(string name, double threshold) =>
        new { rule_name = name, metric_name = "vector(1)", condition = ">", threshold, duration = 0, severity = "info" };

    public static object Intervention(string cart) => new { cartId = cart, campaign = "byhand", at = s_later };

    // A list shows the reason; of the address it may have a key alone.
    static object Address(int n) => new { channel = "email", address = $"s{n}@mail.example", reason = $"s{n}" };

    internal static IEnumerable<JsonElement> Items(JsonElement json) => json.GetProperty("items").EnumerateArray();

    internal static string Names(string prefix, int last) => Names(prefix, Enumerable.Range(0, last + 1).Select(i => prefix + Text(i)));

    // In the order of their numbers, each as often as it is there.
    internal static string Names(string prefix, IEnumerable<string> names) => string.Join(' ', names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(prefix.Length), CultureInfo.InvariantCulture, out _)).OrderBy(name => int.Parse(name.AsSpan(prefix.Length), CultureInfo.InvariantCulture)));

    static object Role(int n) => new { name = "buyer", permissions = n % 2 == 0 ? new[] { "carts:read" } : ["carts:read", "products:read"] };

    static object Campaign(int n)
    {
        var campaign = new { trigger = new { idle = "30m" }, action = new { type = "reminder" }, channel = "socket", message = $"message {n}" };
        return n == 0 ? new { name = "crash", campaign } : new { campaign };
    }

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
