using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>
/// The process is killed again and again while everything that people change is changed: what was answered is in force, what was not is in force or was never begun, and
/// the audit log agrees where its entry is part of the change.
/// </summary>
[TestFixture(null)]
[TestFixture("postgres")]
[Category("EndToEnd")]
[Category("Crash")]
[Parallelizable]
public sealed class ControlCrashTests(string? database)
{
    const int Rounds = 4;
    const string Email = "ada@team.example", Password = "correct horse battery";

    static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    readonly Dictionary<string, int> _made = new(StringComparer.Ordinal);
    ControlChange[] _kinds = null!;
    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task After_a_crash_each_change_is_made_or_not_made()
    {
        var control = database is null ? "" : $"control: {{ database: \"{await PostgresCluster.CreateDatabaseAsync()}\" }}";
        var encryption = database is null ? "" : "encryption: { key: 0123456789abcdef0123456789abcdef }";
        var config = new EngineConfig
        {
            Campaigns = ControlChanges.Campaigns,
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
            if (round == 0)
            {
                _kinds = [.. ControlChanges.Audited, .. await PrepareAsync(engine, client)];
                Array.ForEach(_kinds, kind => _made[kind.Name] = 0);
            }

            await AssertAsync(client, round);
            var changing = _kinds.Where(kind => round < Rounds || _made[kind.Name] == 0).Select(kind => ChangeAsync(client, kind)).ToArray();
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
    async Task ChangeAsync(HttpClient client, ControlChange kind)
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

    // What was answered is in force; what was on its way may be. The audit log says which, where its entry is part of the change.
    async Task AssertAsync(HttpClient client, int round)
    {
        foreach (var kind in _kinds)
        {
            var (what, answered) = ($"{kind.Name}, round {round}", _made[kind.Name]);
            if (kind.Audit is null)
            {
                string[] expected = [answered == 0 ? kind.Initial : kind.State(answered - 1), kind.State(answered)];
                var state = await ReadAsync(client, kind);
                Assert.That(state, Is.AnyOf(expected), what);
                _made[kind.Name] = state == expected[0] ? answered : answered + 1;
                continue;
            }

            var audited = await CountAsync(client, kind.Audit) - kind.Before;
            Assert.That(audited, Is.InRange(answered, answered + 1), what);
            if (audited > 0)
            {
                Assert.That(await ReadAsync(client, kind), Is.EqualTo(kind.State(audited - 1)), what);
            }

            _made[kind.Name] = audited;
        }
    }

    // What the changes are made to: carts, an intervention, an incident, a rule and a version of the model.
    static async Task<ControlChange[]> PrepareAsync(RunningEngine engine, HttpClient client)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var events = Enumerable.Range(0, ControlChanges.Carts).Select(i => $"c{i}").Append("moved").Select(cart =>
            new { id = $"e-{cart}", type = "add_to_cart", cartId = cart, productId = "p9", quantity = 1, price = 40, currency = "EUR", ts = at });
        using (var content = new StringContent(JsonSerializer.Serialize(events, s_json), Encoding.UTF8, "application/json"))
        using (var answer = await engine.Http.PostAsync("/v1/events", content))
        {
            answer.EnsureSuccessStatusCode();
        }

        return ControlChanges.Answered(
            await CreateAsync(client, "/v1/interventions", ControlChanges.Intervention("moved"), json => json.GetProperty("id")),
            await CreateAsync(client, "/api/v1/monitoring/incidents", new { title = "changed" }, json => json.GetProperty("id")),
            await CreateAsync(client, "/api/v1/monitoring/alerts/rules", ControlChanges.Rule("changed", 1e6), json => json.GetProperty("id")),
            await CreateAsync(client, "/v1/models", new { model = RegistryModels.Linear(3) }, json => json.GetProperty("version").GetProperty("id")));
    }

    static async Task<string> CreateAsync(HttpClient client, string path, object body, Func<JsonElement, JsonElement> id)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body, s_json), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(path, content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, $"{path}: {text}");
        using var json = JsonDocument.Parse(text);
        return id(json.RootElement).GetString()!;
    }

    static async Task<string> ReadAsync(HttpClient client, ControlChange kind)
    {
        using var answer = await client.GetAsync(kind.Path);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return "";
        }

        using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return kind.Read(json.RootElement);
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
}
