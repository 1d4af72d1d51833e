using System.Net;
using System.Text;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The canary and the shadows over HTTP, on an engine that scores events.</summary>
[TestFixture]
sealed class ServingApiTests
{
    Scratch _scratch = null!;
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string, string) _operator;
    int _sent;

    [SetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        await RestartAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _engine = null!;
        _scratch.Dispose();
    }

    [Test]
    public async Task A_canary_scores_its_share_survives_a_restart_and_is_removed_by_hand()
    {
        var id = await AddAsync(3);
        var set = await AskAsync("PUT", "/v1/models/purchase/canary", $$"""{"version":"{{id}}","percent":50,"why":"try"}""");
        Assert.That((set.Status, set.Json.GetProperty("version").GetString(), set.Json.GetProperty("percent").GetDouble()), Is.EqualTo((HttpStatusCode.OK, id, 50)), set.Body);
        await SendAsync(300);
        Assert.That(await RowsAsync("canary"), Is.InRange(100, 200));
        Assert.That(await RowsAsync("champion"), Is.EqualTo(300), "the champion scores beside it");

        await RestartAsync();
        Assert.That((await AskAsync("GET", "/v1/models/purchase/canary")).Json.GetProperty("percent").GetDouble(), Is.EqualTo(50));
        Assert.That((await AskAsync("PUT", "/v1/models/purchase/canary", """{"percent":100}""")).Json.GetProperty("percent").GetDouble(), Is.EqualTo(100));
        await SendAsync(100);
        Assert.That(await RowsAsync("canary"), Is.EqualTo(100));

        Assert.That((await AskAsync("DELETE", "/v1/models/purchase/canary")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("GET", "/v1/models/purchase/canary")).Problem, Is.EqualTo((404, "model_alias_not_found")));
        var last = (await StatusAsync()).GetProperty("lastCanary");
        Assert.That((last.GetProperty("version").GetString(), last.GetProperty("outcome").GetString(), last.GetProperty("reason").GetString()),
            Is.EqualTo((id, "removed", "by_hand")));
        Assert.That(await AuditedAsync("model.canary"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_canary_whose_scores_shift_is_rolled_back_with_its_reason()
    {
        var (id, champion) = (await AddAsync(30), _engine.Host.ServedVersion);
        await AskAsync("PUT", "/v1/models/purchase/canary", $$"""{"version":"{{id}}","percent":100,"automatic":true}""");
        await SendAsync(1500);
        await Eventually.Is(() => _engine.Host.ServingSettings.Canary is null, "the guardrail rolls it back");

        var last = (await StatusAsync()).GetProperty("lastCanary");
        Assert.That((last.GetProperty("outcome").GetString(), last.GetProperty("reason").GetString(), last.GetProperty("champion").GetString(), last.GetProperty("by").GetString()),
            Is.EqualTo(("rolled_back", "score_shift", champion, "engine")));
        Assert.That((_engine.Host.ServedVersion, _engine.Host.Serving.Canary), Is.EqualTo((champion, (object?)null)));
        Assert.That((await AskAsync("GET", "/v1/models/purchase/history")).Json.GetProperty("items")[0].GetProperty("why").GetString(), Does.StartWith("rolled back: score_shift: "));
        await Eventually.Is(() => AuditedAsync("model.canary.rolled_back").GetAwaiter().GetResult() == 1, "it is audited");
        await RestartAsync();
        Assert.That(_engine.Host.Serving.Canary, Is.Null);
    }

    [Test]
    public async Task A_canary_is_promoted_by_hand()
    {
        var id = await AddAsync(3);
        await AskAsync("PUT", "/v1/models/purchase/canary", $$"""{"version":"{{id}}","percent":5}""");
        var promoted = await AskAsync("POST", "/v1/models/purchase/canary/promote", """{"why":"good"}""");
        Assert.That(promoted.Json.GetProperty("models").EnumerateArray().Select(model => $"{model.GetProperty("alias")} {model.GetProperty("version")}"),
            Is.EqualTo(new[] { $"champion {id}" }), promoted.Body);
        Assert.That(promoted.Json.GetProperty("lastCanary").GetProperty("outcome").GetString(), Is.EqualTo("promoted"));
        Assert.That(_engine.Host.ServedVersion, Is.EqualTo(id));
    }

    [Test]
    public async Task Shadows_score_beside_the_champion_and_survive_a_restart()
    {
        var id = await AddAsync(3);
        var set = await AskAsync("PUT", "/v1/models/purchase/shadows/shadow-a", $$"""{"version":"{{id}}","rate":1}""");
        Assert.That((set.Json.GetProperty("alias").GetString(), set.Json.GetProperty("rate").GetDouble()), Is.EqualTo(("shadow-a", 1)), set.Body);
        await SendAsync(200);
        await Eventually.Is(() => _engine.Host.Serving.Shadows[0].Comparison.Snapshot().Rows == 200, "the rows are scored");
        var scores = (await AskAsync("GET", "/v1/models/purchase/shadows")).Json.GetProperty("items")[0].GetProperty("scores");
        Assert.That(scores.GetProperty("meanDifference").GetDouble(), Is.GreaterThan(0));

        await RestartAsync();
        Assert.That((await AskAsync("PUT", "/v1/models/purchase/shadows/shadow-a", """{"rate":0.5}""")).Json.GetProperty("rate").GetDouble(), Is.EqualTo(0.5));
        Assert.That((await AskAsync("DELETE", "/v1/models/purchase/shadows/shadow-a")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("GET", "/v1/models/purchase/shadows")).Json.GetProperty("items").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Another_champion_begins_the_comparison_anew()
    {
        var (canary, champion) = (await AddAsync(3), await AddAsync(2));
        await AskAsync("PUT", "/v1/models/purchase/canary", $$"""{"version":"{{canary}}","percent":100}""");
        await SendAsync(100);
        await Eventually.Is(() => _engine.Host.Serving.Canary!.Outcomes!.Snapshot().Scores.Rows == 100, "the scores are compared");
        await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{champion}}"}""");
        Assert.That((_engine.Host.Serving.Champion.Id, _engine.Host.Serving.Canary!.Served.Id, _engine.Host.Serving.Canary.Outcomes!.Snapshot().Scores.Rows),
            Is.EqualTo((champion, canary, 0)));
    }

    [TestCase("PUT", "/v1/models/purchase/canary", """{"percent":5}""", 404, "model_alias_not_found")]
    [TestCase("PUT", "/v1/models/purchase/canary", """{"version":"purchase@v0","percent":0}""", 400, "out_of_range")]
    [TestCase("PUT", "/v1/models/purchase/canary", """{"version":"purchase@v0"}""", 400, "out_of_range")]
    [TestCase("PUT", "/v1/models/purchase/canary", """{"version":"purchase@v0","percent":5}""", 409, "model_in_use")]
    [TestCase("PUT", "/v1/models/other/canary", """{"percent":5}""", 404, "model_not_served")]
    [TestCase("DELETE", "/v1/models/purchase/canary", "", 404, "model_alias_not_found")]
    [TestCase("POST", "/v1/models/purchase/canary/promote", "{}", 404, "model_alias_not_found")]
    [TestCase("PUT", "/v1/models/purchase/shadows/champion", """{"version":"purchase@v0"}""", 400, "invalid_model_alias")]
    [TestCase("PUT", "/v1/models/purchase/shadows/shadow", """{"version":"purchase@v0","rate":2}""", 400, "out_of_range")]
    [TestCase("DELETE", "/v1/models/purchase/shadows/shadow", "", 404, "model_alias_not_found")]
    public async Task What_cannot_be_done_is_refused(string method, string path, string body, int status, string code) =>
        Assert.That((await AskAsync(method, path, body)).Problem, Is.EqualTo((status, code)));

    async Task RestartAsync()
    {
        if (_engine is not null)
        {
            _users.Dispose();
            await _engine.DisposeAsync();
        }

        _engine = await InProcessEngine.StartAsync(config => config.Data = _scratch.PathOf("data"));
        _users = new TestUsers(_engine);
        var email = $"u{Guid.NewGuid():N}@team.example";
        await _users.AddAsync(email, new Grant("operator", null));
        _operator = await _users.SignInAsync(email);
    }

    async Task<string> AddAsync(float slope)
    {
        var added = await AskAsync("POST", "/v1/models", $$"""{"model":"{{Convert.ToBase64String(RegistryModels.Linear(slope))}}"}""");
        Assert.That(added.Status, Is.EqualTo(HttpStatusCode.Created), added.Body);
        return added.Json.GetProperty("version").GetProperty("id").GetString()!;
    }

    // Each event is a new cart's.
    async Task SendAsync(int count)
    {
        var now = _engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var events = Enumerable.Range(_sent, count).Select(i => new TestEvent("add_to_cart", now)
        {
            Id = $"e{i}",
            Cart = $"cart {i}",
            Product = "p",
            Price = 20 + (i % 50),
            Quantity = 1,
        });
        _sent += count;
        var answer = await _engine.PostAsync("/v1/events", TestEvent.Array(events));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted), answer.Body);
    }

    async Task<int> AuditedAsync(string action) => (await AskAsync("GET", $"/v1/audit?action={action}")).Json.GetProperty("items").GetArrayLength();

    async Task<System.Text.Json.JsonElement> StatusAsync() => (await AskAsync("GET", "/v1/models/status")).Json;

    async Task<long> RowsAsync(string alias) => (await StatusAsync()).GetProperty("models").EnumerateArray()
        .Single(model => model.GetProperty("alias").GetString() == alias).GetProperty("rows").GetInt64();

    Task<ApiAnswer> AskAsync(string method, string path, string body = "")
    {
        var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return _engine.AskAsync(new HttpMethod(method), path, content, key: null, _operator);
    }
}
