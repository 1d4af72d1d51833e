using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.EndToEnd.Crash.ControlChanges;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>Kinds of changes that end something or use it up: the n-th change is made to the n-th of the things that are made before.</summary>
static class OneTimeChanges
{
    /// <summary>How many things there are of each kind: as many as all rounds may change.</summary>
    public const int Things = 16;

    /// <summary>Members without a password, and as many without an authenticator app.</summary>
    public const int Accounts = 8;

    // In four rounds.
    const int MaxPerRound = Things / 4, MaxLogins = Accounts / 4;

    const string Password = "a horse of battery staples", Silences = "/api/v2/silences", Rules = "/api/v1/monitoring/alerts/rules", Aliases = "/v1/models/purchase/aliases";

    static readonly DateTimeOffset s_later = TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(2);
    static readonly byte[] s_secret = Totp.NewSecret();

    static IEnumerable<int> Numbers => Enumerable.Range(0, Things);

    /// <summary>Carts that the changes need.</summary>
    public static IEnumerable<string> Carts => Numbers.SelectMany(n => new[] { $"stop{n}", $"code{n}", $"order{n}" });

    /// <summary>Events that become dead letters: some are to be dropped, the others can be repaired.</summary>
    public static IEnumerable<object> RejectedEvents => Numbers.SelectMany(n => new object[]
    {
        new { id = $"e-dropped{n}", type = "nothing", cartId = $"dropped{n}", ts = TimeProvider.System.GetUtcNow() },
        new { id = $"e-replayed{n}", type = "add_to_cart", cartId = $"replayed{n}", productId = "p9", quantity = "1", price = "40", currency = "EUR", ts = TimeProvider.System.GetUtcNow() },
    });

    /// <summary>Makes the things.</summary>
    /// <param name="client">The administrator's.</param>
    public static async Task<ControlChange[]> PrepareAsync(HttpClient client)
    {
        var stopped = await ManyAsync(n => CreateAsync(client, "/v1/interventions", new { cartId = $"stop{n}", campaign = "byhand", at = s_later }, Id));
        var silences = await ManyAsync(n => CreateAsync(client, Silences, Silence($"w{n}", s_later), json => json.GetProperty("silenceID").GetString()!));
        var rules = await ManyAsync(n => CreateAsync(client, Rules, Rule($"d{n}", 1e9), Id));
        var keys = await ManyAsync(n => CreateAsync(client, "/v1/api-keys", new { name = $"rotated{n}", kind = "secret", scopes = new[] { "events:write" } }, json => Id(json.GetProperty("apiKey"))));
        var switched = await CreateAsync(client, Rules, Rule("switched", 1e9), Id);
        return
        [
            new("stopped intervention", n => (HttpMethod.Delete, $"/v1/interventions/{stopped[n]}", new { }), n => Names("stop", n), "/v1/interventions?limit=500",
                json => Names("stop", Items(json).Where(row => Text(row, "state") == "withheld").Select(row => Text(row, "cartId")))) { MaxPerRound = MaxPerRound },
            new("ended silence", n => (HttpMethod.Delete, $"/api/v2/silence/{silences[n]}", new { }), n => Names("w", n), Silences,
                json => Names("w", json.EnumerateArray().Where(silence => Text(silence.GetProperty("status"), "state") == "expired").Select(silence => Text(silence.GetProperty("matchers")[0], "value"))))
            { MaxPerRound = MaxPerRound },
            new("deleted alert rule", n => (HttpMethod.Delete, $"{Rules}/{rules[n]}", new { }), n => Names("d", n), Rules,
                json => Names("d", Gone("d", json.EnumerateArray().Select(rule => Text(rule, "rule_name"))))) { MaxPerRound = MaxPerRound },
            new("switched alert rule", n => (HttpMethod.Post, $"{Rules}/{switched}/{(n % 2 == 0 ? "disable" : "enable")}", new { }), n => n % 2 == 0 ? "False" : "True", $"{Rules}/{switched}",
                json => json.GetProperty("enabled").GetBoolean().ToString()) { Initial = "True" },
            new("rotated key", n => (HttpMethod.Post, $"/v1/api-keys/{keys[n]}/rotate", new { }), n => Names("rotated", n), "/v1/api-keys?limit=500",
                json => Names("rotated", Items(json).Where(key => Text(key, "state") == "replaced").Select(key => Text(key, "name")))) { Audit = "action=api_key.rotate", MaxPerRound = MaxPerRound },
            new("reconciled order", n => (HttpMethod.Post, "/v1/reconciliation?repair=true",
                    new[] { new { orderId = $"o{n}", cartId = $"order{n}", value = 40, currency = "EUR", at = TimeProvider.System.GetUtcNow() } }), n => Names("o", n), "/v1/orders?limit=500",
                json => Names("o", Items(json).Select(order => Text(order, "orderId")))) { MaxPerRound = MaxPerRound },
            await AlertAsync(client),
            await CodeAsync(client),
            .. await LettersAsync(client),
            .. await ModelsAsync(client),
            .. await AccountsAsync(client),
        ];
    }

    // Alerts of another program, which fire for two days.
    static async Task<ControlChange> AlertAsync(HttpClient client)
    {
        const string Alerts = "/api/v1/monitoring/alerts";
        await ControlClient.CreateAsync(client, "/api/v2/alerts", Numbers.Select(n => new { labels = new { alertname = $"a{n}" }, endsAt = s_later }));
        var ids = (await ControlClient.GetAsync(client, Alerts)).EnumerateArray().ToLookup(alert => Text(alert, "name"), Id);
        return new("acknowledged alert", n => (HttpMethod.Post, $"{Alerts}/{ids[$"a{n}"].Single()}/acknowledge", new { note = "crash" }), n => Names("a", n), Alerts,
            json => Names("a", json.EnumerateArray().Where(alert => alert.GetProperty("acknowledged").GetBoolean()).Select(alert => Text(alert, "name"))))
        { MaxPerRound = MaxPerRound };
    }

    // The message is the code.
    static async Task<ControlChange> CodeAsync(HttpClient client)
    {
        await ManyAsync(n => CreateAsync(client, "/v1/interventions", new { cartId = $"code{n}", campaign = "coded" }, Id));
        var deadline = TimeProvider.System.GetTimestamp();
        Dictionary<string, string> codes;
        do
        {
            codes = Items(await ControlClient.GetAsync(client, "/v1/interventions?limit=500")).Where(row => Text(row, "campaign") == "coded" && Text(row, "state") == "sent")
                .ToDictionary(row => Text(row, "cartId"), row => Text(row, "message"), StringComparer.Ordinal);
            Assert.That(TimeProvider.System.GetElapsedTime(deadline), Is.LessThan(Eventually.Deadline), "each cart has a code");
        }
        while (codes.Count < Things);

        string[] paths = [.. Numbers.Select(n => $"/v1/codes/{codes[$"code{n}"]}")];
        return new("redeemed code", n => (HttpMethod.Post, $"{paths[n]}/redeem", new { cartId = $"code{n}" }), n => Names("code", n), paths[0], json => Text(json, "usedBy"))
        {
            MorePaths = paths[1..],
            MaxPerRound = MaxPerRound,
        };
    }

    // Neither is read again: a letter's mark is its state.
    static async Task<ControlChange[]> LettersAsync(HttpClient client)
    {
        const string Letters = "/v1/deadletters?state=all&limit=500";
        var letters = Items(await ControlClient.GetAsync(client, Letters)).ToLookup(CartOf, letter => letter.GetProperty("id").GetInt64(), StringComparer.Ordinal);
        return
        [
            new("dropped letter", n => (HttpMethod.Delete, $"/v1/deadletters/{letters[$"dropped{n}"].Single()}", new { }), n => Names("dropped", n), Letters, json => Marked(json, "dropped"))
            { MaxPerRound = MaxPerRound },
            new("replayed letter", n => (HttpMethod.Post, "/v1/deadletters/replay", new { ids = new[] { letters[$"replayed{n}"].Single() } }), n => Names("replayed", n), Letters,
                json => Marked(json, "replayed")) { MaxPerRound = MaxPerRound },
        ];

        static string Marked(JsonElement json, string state) => Names(state, Items(json).Where(letter => Text(letter, "state") == state).Select(CartOf));

        static string CartOf(JsonElement letter)
        {
            using var sent = JsonDocument.Parse(Text(letter, "preview"));
            return Text(sent.RootElement, "cartId");
        }
    }

    static async Task<ControlChange[]> ModelsAsync(HttpClient client)
    {
        const string Models = "/v1/models?name=purchase&limit=500";
        var versions = await ManyAsync(n => CreateAsync(client, "/v1/models", new { model = RegistryModels.Linear(100 + n) }, json => Id(json.GetProperty("version"))), Things + 2);
        string[] kept = versions[Things..];

        // Named by turns: each step back names the other one.
        for (var n = 0; n <= 4 * MaxPerRound; n++)
        {
            using var content = ControlClient.ContentOf(new { version = kept[n % 2], why = "to be rolled back" });
            using var answer = await client.PutAsync($"{Aliases}/back", content);
            answer.EnsureSuccessStatusCode();
        }

        return
        [
            new("deleted version", n => (HttpMethod.Delete, $"/v1/models/{versions[n]}", new { }), n => Names("model", n), Models, json =>
            {
                var there = Items(json).Select(Id).ToHashSet(StringComparer.Ordinal);
                return Names("model", Numbers.Where(n => !there.Contains(versions[n])).Select(n => $"model{n}"));
            }) { MaxPerRound = MaxPerRound },
            new("rolled back alias", n => (HttpMethod.Post, "/v1/models/purchase/rollback", new { alias = "back" }), n => kept[(n + 1) % 2], Aliases,
                json => Text(Items(json).Single(alias => Text(alias, "alias") == "back"), "version")) { Initial = kept[0], MaxPerRound = MaxPerRound },
            new("shadow", n => (HttpMethod.Put, "/v1/models/purchase/shadows/shadow", new { version = kept[0], rate = (n + 1) / 100.0 }), n => $"{n + 1}", "/v1/models/purchase/shadows",
                json => string.Concat(Items(json).Where(shadow => Text(shadow, "alias") == "shadow").Select(shadow => $"{Math.Round(shadow.GetProperty("rate").GetDouble() * 100)}")))
            { MaxPerRound = MaxPerRound },
            // The even changes set the shadow, the odd ones remove it.
            new("removed shadow", n => (n % 2 == 0 ? HttpMethod.Put : HttpMethod.Delete, "/v1/models/purchase/shadows/shadow-other", n % 2 == 0 ? (object)new { version = kept[1] } : new { }),
                n => n % 2 == 0 ? "set" : "", "/v1/models/purchase/shadows", json => Items(json).Any(shadow => Text(shadow, "alias") == "shadow-other") ? "set" : "") { MaxPerRound = MaxPerRound },
        ];
    }

    static async Task<ControlChange[]> AccountsAsync(HttpClient client)
    {
        const string Members = "/v1/members?limit=500";
        var links = await ManyAsync(n => InviteAsync($"chooser{n}@team.example"), Accounts);
        var tokens = await ManyAsync(
            async n =>
            {
                var email = $"coder{n}@team.example";
                await ControlClient.CreateAsync(client, "/v1/auth/password", new { token = await InviteAsync(email), password = Password });
                return await ControlClient.SignInAsync(client, email, Password);
            }, Accounts);
        return
        [
            // Sets the password and makes the member active.
            new("set password", n => (HttpMethod.Post, "/v1/auth/password", new { token = links[n], password = Password }), n => Names("chooser", n), Members,
                json => Named(json, "chooser", member => Text(member, "state") == "active")) { Audit = "action=user.password", Before = 1 + Accounts, MaxPerRound = MaxLogins },
            new("authenticator", n => (HttpMethod.Post, "/v1/auth/totp/confirm", new { secret = Totp.Base32(s_secret), code = Totp.CodeOf(s_secret, Totp.StepOf(TimeProvider.System.GetUtcNow())) }),
                n => Names("coder", n), Members, json => Named(json, "coder", member => member.GetProperty("totp").GetBoolean()))
            { Audit = "action=user.totp", Token = n => tokens[n], MaxPerRound = MaxLogins },
        ];

        Task<string> InviteAsync(string email) =>
            CreateAsync(client, "/v1/members", new { email, roles = new[] { new { role = "viewer" } } }, json => Text(json.GetProperty("link"), "token"));

        static string Named(JsonElement json, string prefix, Func<JsonElement, bool> isDone) => Names(prefix, Items(json).Where(isDone).Select(member => Text(member, "email").Split('@')[0]));
    }

    static string Id(JsonElement json) => Text(json, "id");

    static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";

    static IEnumerable<string> Gone(string prefix, IEnumerable<string> names) => Numbers.Select(n => $"{prefix}{n}").Except(names);

    static async Task<T> CreateAsync<T>(HttpClient client, string path, object body, Func<JsonElement, T> result) => result(await ControlClient.CreateAsync(client, path, body));

    static async Task<T[]> ManyAsync<T>(Func<int, Task<T>> make, int count = Things)
    {
        var made = new T[count];
        for (var n = 0; n < count; n++)
        {
            made[n] = await make(n);
        }

        return made;
    }
}
