using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>The process is killed again and again while the control plane is changed: each change is in force and in the audit log, or in neither.</summary>
[TestFixture(null)]
[TestFixture("postgres")]
[Category("EndToEnd")]
[Category("Crash")]
[Parallelizable]
public sealed class ControlCrashTests(string? database)
{
    const int Rounds = 4, MaxChanges = 40;
    const string Email = "ada@team.example", Password = "correct horse battery";

    static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    static readonly Kind[] s_kinds =
    [
        new("setting", n => (HttpMethod.Patch, "/v1/config", new { limits = new { batch = 1000 + n } }), n => Text(1000 + n),
            "/v1/config/limits.batch", json => json.GetProperty("value").GetRawText(), "action=config.") { HasVersions = true },
        new("flag", n => (HttpMethod.Put, "/v1/feature-flags/crash", new { type = "number", variants = new { it = n }, defaultVariant = "it" }), Text,
            "/v1/feature-flags/crash", json => json.GetProperty("variants").GetProperty("it").GetRawText(), "target=feature_flag:crash"),
        new("experiment", n => n == 0
                ? (HttpMethod.Post, "/v1/experiments", new { key = "try", type = "number", variants = new[] { new { name = "a", value = 1, weight = 1 }, new { name = "b", value = 2, weight = 1 } } })
                : (HttpMethod.Patch, "/v1/experiments/try", new { weights = new { a = 1, b = 1 + n } }), n => Text(1 + n),
            "/v1/experiments/try", json => json.GetProperty("variants")[1].GetProperty("weight").GetRawText(), "target=experiment:try"),
        new("role", n => n == 0 ? (HttpMethod.Post, "/v1/roles", Role(n)) : (HttpMethod.Put, "/v1/roles/buyer", Role(n)), n => Text(1 + (n % 2)),
            "/v1/roles", json => Text(json.GetProperty("items").EnumerateArray().Single(role => role.GetProperty("name").GetString() == "buyer").GetProperty("permissions").GetArrayLength()), "target=role:buyer"),
        new("key", n => (HttpMethod.Post, "/v1/api-keys", new { name = $"k{n}", kind = "secret", scopes = new[] { "events:write" } }), n => Text(n + 1),
            "/v1/api-keys?limit=500", json => Text(json.GetProperty("items").EnumerateArray().Count(key => key.GetProperty("managedBy").GetString() == "api")), "action=api_key.add"),
        new("job", n => (HttpMethod.Patch, "/v1/jobs/upkeep", new { retries = 3 + (n % 2) }), n => Text(3 + (n % 2)),
            "/v1/jobs/upkeep", json => json.GetProperty("retries").GetRawText(), "action=job.change"),
        new("campaign", n => n == 0 ? (HttpMethod.Post, "/v1/campaigns", Campaign(n)) : (HttpMethod.Put, "/v1/campaigns/crash", Campaign(n)), n => $"message {n}",
            "/v1/campaigns/crash", json => json.GetProperty("campaign").GetProperty("message").GetString()!, "target=campaign:crash") { HasVersions = true },
        new("segment", n => (HttpMethod.Put, "/v1/segments/crash", new { conditions = new[] { new { feature = "cart_value", above = n } } }), Text,
            "/v1/segments/crash", json => json.GetProperty("conditions")[0].GetProperty("above").GetRawText(), "target=segment:crash"),
        new("template", n => (HttpMethod.Put, "/v1/templates/crash", new { message = $"text {n}" }), n => $"text {n}",
            "/v1/templates/crash", json => json.GetProperty("message").GetString()!, "target=template:crash"),
        new("member", n => (HttpMethod.Post, "/v1/members", new { email = $"member{n}@team.example", roles = new[] { new { role = "viewer" } } }), n => Text(n + 2),
            "/v1/members?limit=500", json => Text(json.GetProperty("items").GetArrayLength()), "action=user.add") { Before = 1 },
        new("request", n => (HttpMethod.Post, $"/v1/gdpr/forget/user{n}", new { }), n => Text(n + 1),
            "/v1/gdpr/requests?limit=500", json => Text(json.GetProperty("items").GetArrayLength()), "action=privacy.forget") { MaxPerRound = 2 },
    ];

    readonly Dictionary<string, int> _made = s_kinds.ToDictionary(kind => kind.Name, _ => 0, StringComparer.Ordinal);
    Scratch _scratch = null!;

    /// <summary>A kind of change. The n-th change, from 0, leaves the n-th state.</summary>
    sealed record Kind(string Name, Func<int, (HttpMethod Method, string Path, object Body)> Change, Func<int, string> State, string Path, Func<JsonElement, string> Read, string Audit)
    {
        /// <summary>Entries of the audit log from before the test.</summary>
        public int Before { get; init; }

        /// <summary>Whether a change needs the version that it follows.</summary>
        public bool HasVersions { get; init; }

        public int MaxPerRound { get; init; } = MaxChanges / Rounds;
    }

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task After_a_crash_each_change_is_both_active_and_audited_or_neither()
    {
        var control = database is null ? "" : $"control: {{ database: \"{await PostgresCluster.CreateDatabaseAsync()}\" }}";
        var encryption = database is null ? "" : "encryption: { key: 0123456789abcdef0123456789abcdef }";
        var config = new EngineConfig
        {
            Durability = $$"""
                limits: { rates: { requests: { api: { address: unlimited, key: unlimited, store: unlimited } } } }
                {{control}}
                {{encryption}}
                """,
        };
        config.WriteTo(_scratch);
        var added = await new EngineOutput(EngineBinary.StartThrough(["sh", "-c", $"printf '%s\\n' '{Password}' | \"$0\" \"$@\""], _scratch.Folder,
            ["users", "add", Email, "--role", "admin", "--password", "--config", "cartrecovery.yaml"])).EndAsync();
        Assert.That(added.ExitCode, Is.Zero, added.ToString);

        var random = new Random(11);
        var round = 0;
        // On a busy machine a kind may have had no answer in the usual rounds: it gets more time, alone.
        for (; round < Rounds || (round < 2 * Rounds && _made.ContainsValue(0)); round++)
        {
            await using var engine = await RunningEngine.StartAsync(_scratch, config);
            using var client = await SignInAsync(engine);
            await AssertAsync(client, round);
            var changing = s_kinds.Where(kind => round < Rounds || _made[kind.Name] == 0).Select(kind => ChangeAsync(client, kind)).ToArray();
            await Task.WhenAny(Task.WhenAll(changing), Task.Delay(round < Rounds ? random.Next(40, 500) : 5000));
            await engine.KillAsync();
            await Task.WhenAll(changing);
        }

        await using (var engine = await RunningEngine.StartAsync(_scratch, config))
        {
            using var client = await SignInAsync(engine);
            await AssertAsync(client, round);
            await engine.StopAsync();
        }

        Assert.That(_made.Values, Is.All.Positive, "each kind was changed");
        var verified = await EngineBinary.RunAsync(_scratch.Folder, ["audit", "verify", "--config", "cartrecovery.yaml"]);
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString);
    }

    // Until the engine is gone. Counts what was answered.
    async Task ChangeAsync(HttpClient client, Kind kind)
    {
        for (var i = 0; i < kind.MaxPerRound; i++)
        {
            var (method, path, body) = kind.Change(_made[kind.Name]);
            using var request = new HttpRequestMessage(method, path) { Content = new StringContent(JsonSerializer.Serialize(body, s_json), Encoding.UTF8, "application/json") };
            if (kind.HasVersions && method != HttpMethod.Post)
            {
                request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
            }

            try
            {
                using var response = await client.SendAsync(request);
                Assert.That(response.IsSuccessStatusCode, $"{kind.Name}: {await response.Content.ReadAsStringAsync()}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                return;
            }

            _made[kind.Name]++;
        }
    }

    // What was answered is in force; what was on its way may be. The audit log says which.
    async Task AssertAsync(HttpClient client, int round)
    {
        foreach (var kind in s_kinds)
        {
            var audited = await CountAsync(client, kind.Audit) - kind.Before;
            Assert.That(audited, Is.InRange(_made[kind.Name], _made[kind.Name] + 1), $"{kind.Name}, round {round}");
            if (audited > 0)
            {
                Assert.That(kind.Read(await GetAsync(client, kind.Path)), Is.EqualTo(kind.State(audited - 1)), $"{kind.Name}, round {round}");
            }

            _made[kind.Name] = audited;
        }
    }

    static async Task<int> CountAsync(HttpClient client, string filter) => (await GetAsync(client, $"/v1/audit?{filter}&limit=500")).GetProperty("items").GetArrayLength();

    static async Task<HttpClient> SignInAsync(RunningEngine engine)
    {
        var client = new HttpClient { BaseAddress = engine.Http.BaseAddress, Timeout = EngineBinary.Deadline };
        using var content = new StringContent($$"""{"email":"{{Email}}","password":"{{Password}}"}""", Encoding.UTF8, "application/json");
        using var login = await client.PostAsync("/v1/auth/login", content);
        using var json = JsonDocument.Parse(await login.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", json.RootElement.GetProperty("accessToken").GetString());
        client.DefaultRequestHeaders.Add("X-Store-Id", "shop");
        return client;
    }

    static async Task<JsonElement> GetAsync(HttpClient client, string path)
    {
        using var json = JsonDocument.Parse(await client.GetStringAsync(path));
        return json.RootElement.Clone();
    }

    static object Role(int n) => new { name = "buyer", permissions = n % 2 == 0 ? new[] { "carts:read" } : ["carts:read", "products:read"] };

    static object Campaign(int n)
    {
        var campaign = new { trigger = new { idle = "30m" }, action = new { type = "reminder" }, channel = "socket", message = $"message {n}" };
        return n == 0 ? new { name = "crash", campaign } : new { campaign };
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
