using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Backtests;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Campaigns;

/// <summary>A draft is tried on what a running engine has recorded.</summary>
public sealed class BacktestApiTests
{
    const string OfFile = """[{ name: of-file, trigger: { event: view_cart }, action: { type: reminder }, channel: socket, message: "one" }]""";
    const string Draft = """{"trigger":{"event":"begin_checkout"},"action":{"type":"discount","percent":10},"channel":"socket","message":"Hello"}""";
    const string OtherKey = "sk_other_0123456789abcdef";

    Scratch _scratch = null!;
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string Name, string Value) _maker, _viewer;
    int _count;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _engine = await FileEngine.StartAsync((FileEngine.ConfigOf(_scratch) with
        {
            Campaigns = OfFile,
            FirstStore = $"  - id: other\n    keys: [{{ key: {OtherKey}, kind: secret }}]",
        }).WriteTo(_scratch));
        _users = new TestUsers(_engine);
        (_maker, _viewer) = (await _users.NewAsync(new Grant("marketer", "shop")), await _users.NewAsync(new Grant("viewer", "shop")));
        foreach (var key in new[] { EngineConfig.SecretKey, OtherKey })
        {
            var sent = await _engine.PostAsync("/v1/events", EventJson.Array(
                EventJson.Of("c1", "add_to_cart", ""","productId":"p1","price":40,"quantity":2"""), EventJson.Of("c1", "view_cart"),
                EventJson.Of("c2", "add_to_cart", ""","productId":"p1","price":50"""), EventJson.Of("c2", "begin_checkout"), EventJson.Of("c2", "purchase", ""","value":50"""),
                EventJson.Of("c3", "add_to_cart", ""","productId":"p1","price":70"""), EventJson.Of("c3", "begin_checkout")), key);
            Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted), sent.Body);
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task A_draft_is_tried_on_what_happened_and_nothing_comes_of_it()
    {
        var name = await CreateAsync();
        var before = _engine.Counts;
        var backtest = await EndOfAsync(name, await StartAsync(name, """{"from":"1h"}"""));
        Assert.That(backtest.GetProperty("state").GetString(), Is.EqualTo("succeeded"), backtest.ToString());

        var result = backtest.GetProperty("result");
        Assert.That((result.GetProperty("events").GetInt64(), result.GetProperty("carts").GetInt64(), result.GetProperty("complete").GetBoolean()), Is.EqualTo((7L, 3L, true)), "the store's alone");
        var would = result.GetProperty("wouldDecide");
        var group = would.GetProperty("groups").EnumerateArray().Single(one => one.GetProperty("campaign").GetString() == name);
        Assert.That((group.GetProperty("action").GetString(), group.GetProperty("channel").GetString(), group.GetProperty("series").GetInt32(), group.GetProperty("cartsOrdered").GetInt32()),
            Is.EqualTo(("discount", "socket", 2, 1)));
        Assert.That(group.GetProperty("discounts").ToString(), Does.StartWith("""{"minOffers":2,"maxOffers":2,"worth":[{"currency":"EUR","min":12""").Or.StartWith("""{"minOffers":2,"maxOffers":2,"worth":[{"currency":"USD","min":12"""));
        var decided = result.GetProperty("decided").GetProperty("groups")[0];
        Assert.That((decided.GetProperty("campaign").GetString(), decided.GetProperty("action").GetString(), decided.GetProperty("series").GetInt32()), Is.EqualTo(("of-file", "reminder", 1)), "as recorded");
        Assert.That((result.GetProperty("decided").GetProperty("decisions").GetInt32(), would.GetProperty("decisions").GetInt32()), Is.EqualTo((1, 3)));
        var campaigns = result.GetProperty("campaigns").EnumerateArray().ToDictionary(one => one.GetProperty("campaign").GetString()!, one => (one.GetProperty("same").GetInt32(), one.GetProperty("onlyWouldDecide").GetInt32()));
        Assert.That(campaigns, Is.EquivalentTo(new Dictionary<string, (int, int)> { ["of-file"] = (1, 0), [name] = (0, 2) }));
        Assert.That(result.GetProperty("messages").GetArrayLength(), Is.EqualTo(1), "what became of the file's campaign");

        Assert.That((_engine.Counts, _engine.Host.JourneyOptions.Campaigns.Find(name)), Is.EqualTo((before, (object?)null)));
        Assert.That(Directory.Exists(Path.Combine(_scratch.PathOf("data"), "backtest.tmp")), Is.False);
        Assert.That((await AskAsync("GET", $"/v1/campaigns/{name}")).Json.GetProperty("state").GetString(), Is.EqualTo("draft"));
        var listed = (await AskAsync("GET", $"/v1/campaigns/{name}/backtests", user: _viewer)).Json.GetProperty("items").EnumerateArray().Single();
        Assert.That((listed.GetProperty("progress").GetInt32(), listed.GetProperty("result").ValueKind), Is.EqualTo((100, JsonValueKind.Null)));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/backtests/{listed.GetProperty("id")}/cancel")).Problem, Is.EqualTo((409, "backtest_ended")));
    }

    [Test]
    public void What_a_crash_left_is_deleted()
    {
        var left = Directory.CreateDirectory(Path.Combine(_scratch.PathOf("data"), CampaignBacktests.Scratch));
        File.WriteAllText(Path.Combine(left.FullName, "carts"), "c1");
        _engine.Host.Backtests.DeleteScratch();
        left.Refresh();
        Assert.That(left.Exists, Is.False);
    }

    [TestCase(7 * 24, 90 * 24, 7 * 24)]
    [TestCase(1, 90 * 24, 24)]
    [TestCase(7 * 24, 48, 48)]
    public void The_journal_is_read_from_a_while_before_the_period(int hours, int lifetime, int lead)
    {
        var range = new TimeRange(1_800_000_000_000, 1_800_000_000_000 + (hours * 3_600_000L));
        Assert.That(CampaignBacktests.LeadOf(range, TimeSpan.FromHours(lifetime)), Is.EqualTo(lead * 3_600_000L));
    }

    [Test]
    public async Task Invalid_requests_are_rejected_at_once()
    {
        var name = await CreateAsync();
        foreach (var body in new[]
        {
            """{"from":"yesterday"}""", """{"from":"2026-01-02","to":"2026-01-01"}""", """{"version":7}""", """{"model":"none.onnx"}""", """{"model":"../models/purchase.onnx"}""",
        })
        {
            Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/backtest", body)).Problem, Is.EqualTo((400, "invalid_backtest")), body);
        }

        Assert.That((await AskAsync("POST", "/v1/campaigns/of-file/backtest")).Problem, Is.EqualTo((409, "managed_by_file")));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/backtest", user: _viewer)).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await _engine.AskAsync(HttpMethod.Post, $"/v1/campaigns/{name}/backtest", null, OtherKey)).Problem, Is.EqualTo((404, "campaign_unknown")));
        Assert.That((await AskAsync("GET", $"/v1/campaigns/{name}/backtests/999")).Problem, Is.EqualTo((404, "backtest_not_found")));

        var wrong = await CreateAsync(Draft.Replace("socket", "nowhere", StringComparison.Ordinal));
        var refused = await AskAsync("POST", $"/v1/campaigns/{wrong}/backtest");
        Assert.That((refused.Problem, refused.Json.GetProperty("problems").GetArrayLength()), Is.EqualTo(((400, (string?)"invalid_settings"), 1)), "as a check does");
    }

    [Test]
    public async Task Another_model_and_an_earlier_version_can_be_replayed()
    {
        var name = await CreateAsync();
        await _engine.AskAsync(HttpMethod.Put, $"/v1/campaigns/{name}", Json($$"""{"campaign":{{Draft.Replace("begin_checkout", "refund", StringComparison.Ordinal)}}}"""), key: null,
            _maker, ("X-Store-Id", "shop"), ("If-Match", "*"));
        var (last, first) = (await StartAsync(name), await StartAsync(name, """{"version":1,"model":"purchase.onnx"}"""));
        Assert.That(WouldDecide(await EndOfAsync(name, last)), Is.EqualTo(1));
        Assert.That(WouldDecide(await EndOfAsync(name, first)), Is.EqualTo(3));

        static int WouldDecide(JsonElement backtest) => backtest.GetProperty("result").GetProperty("wouldDecide").GetProperty("decisions").GetInt32();
    }

    async Task<string> CreateAsync(string definition = Draft)
    {
        var name = $"tried-{Interlocked.Increment(ref _count)}";
        var answer = await AskAsync("POST", "/v1/campaigns", $$"""{"name":"{{name}}","campaign":{{definition}}}""");
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.Body);
        return name;
    }

    async Task<long> StartAsync(string name, string? body = null)
    {
        var started = await AskAsync("POST", $"/v1/campaigns/{name}/backtest", body);
        Assert.That(started.Status, Is.EqualTo(HttpStatusCode.Accepted), started.Body);
        return started.Json.GetProperty("id").GetInt64();
    }

    async Task<JsonElement> EndOfAsync(string name, long id)
    {
        JsonElement backtest = default;
        await Eventually.Is(() =>
        {
            backtest = AskAsync("GET", $"/v1/campaigns/{name}/backtests/{id}").GetAwaiter().GetResult().Json;
            return backtest.GetProperty("state").GetString() is not ("waiting" or "running");
        }, "the backtest ends");
        return backtest;
    }

    static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    Task<ApiAnswer> AskAsync(string method, string path, string? body = null, (string, string)? user = null) =>
        _engine.AskAsync(new HttpMethod(method), path, body is null ? null : Json(body), key: null, user ?? _maker, ("X-Store-Id", "shop"));
}
