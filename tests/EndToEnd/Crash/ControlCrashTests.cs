using System.Net;
using System.Net.Http.Headers;
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
            Sinks = "{ book: { type: file, path: book.ndjson } }",
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
            using var client = await SignInAsync(engine.Http.BaseAddress!);
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
            using var client = await SignInAsync(engine.Http.BaseAddress!);
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
            using var request = new HttpRequestMessage(method, path) { Content = ControlClient.ContentOf(body) };
            if (kind.HasVersions && method != HttpMethod.Post)
            {
                request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
            }

            if (kind.Token is { } token)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token(_made[kind.Name]));
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
        var events = Enumerable.Range(0, ControlChanges.Carts).Select(i => $"c{i}").Append("moved").Concat(OneTimeChanges.Carts).Select(cart =>
            new { id = $"e-{cart}", type = "add_to_cart", cartId = cart, productId = "p9", quantity = 1, price = 40, currency = "EUR", ts = at });
        await ControlClient.CreateAsync(engine.Http, "/v1/events", events.Concat<object>(OneTimeChanges.RejectedEvents));

        return
        [
            .. ControlChanges.Answered(
                Id(await ControlClient.CreateAsync(client, "/v1/interventions", ControlChanges.Intervention("moved"))),
                Id(await ControlClient.CreateAsync(client, "/api/v1/monitoring/incidents", new { title = "changed" })),
                Id(await ControlClient.CreateAsync(client, "/api/v1/monitoring/alerts/rules", ControlChanges.Rule("changed", 1e6))),
                Id((await ControlClient.CreateAsync(client, "/v1/models", new { model = RegistryModels.Linear(3) })).GetProperty("version"))),
            .. await OneTimeChanges.PrepareAsync(client),
        ];
    }

    static string Id(JsonElement made) => made.GetProperty("id").GetString()!;

    static async Task<string> ReadAsync(HttpClient client, ControlChange kind)
    {
        List<string> states = [];
        foreach (var path in kind.MorePaths.Prepend(kind.Path))
        {
            using var answer = await client.GetAsync(path);
            if (answer.StatusCode != HttpStatusCode.NotFound)
            {
                using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
                states.Add(kind.Read(json.RootElement));
            }
        }

        return string.Join(' ', states.Where(state => state.Length > 0));
    }

    static async Task<int> CountAsync(HttpClient client, string filter) =>
        (await ControlClient.GetAsync(client, $"/v1/audit?{filter}&limit=500")).GetProperty("items").GetArrayLength();

    static async Task<HttpClient> SignInAsync(Uri engine)
    {
        var client = new HttpClient { BaseAddress = engine, Timeout = EngineBinary.Deadline };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await ControlClient.SignInAsync(client, Email, Password));
        client.DefaultRequestHeaders.Add("X-Store-Id", "shop");
        return client;
    }
}
