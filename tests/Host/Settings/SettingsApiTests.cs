using System.Net;
using System.Text;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Settings;

/// <summary><c>/v1/config</c> on a running engine.</summary>
public sealed class SettingsApiTests
{
    const string Campaigns = """[{ name: first, trigger: { event: view_cart }, action: { type: reminder }, channel: socket, message: "one" }]""";

    Scratch _scratch = null!;
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string Name, string Value) _admin;
    string _path = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _path = (FileEngine.ConfigOf(_scratch) with { Campaigns = Campaigns, Durability = "settings: { pinned: [contact.holdout] }" }).WriteTo(_scratch);
        _engine = await FileEngine.StartAsync(_path);
        _users = new TestUsers(_engine);
        _admin = await _users.NewAsync(new Grant(Role.Admin, null));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [SetUp]
    public async Task ResetAsync() => Assert.That((await AskAsync("DELETE", "/v1/config")).Status, Is.EqualTo(HttpStatusCode.OK));

    [Test]
    public async Task A_change_is_in_force_when_it_returns_and_has_a_version()
    {
        var before = (await AskAsync("GET", "/v1/config")).Headers["ETag"];
        var answer = await AskAsync("PUT", "/v1/config/limits.batch?reason=smaller+messages", "77", before);
        Assert.That((answer.Status, _engine.Host.Ingest.MaxBatch), Is.EqualTo((HttpStatusCode.OK, 77)), answer.Body);
        Assert.That(answer.Json.GetProperty("changes")[0].ToString(), Is.EqualTo("""{"path":"limits.batch","from":2500,"to":77}"""));
        var number = answer.Json.GetProperty("version").GetInt64();
        Assert.That(answer.Headers["ETag"], Is.EqualTo($"\"{number}\"").And.Not.EqualTo(before));
        var read = (await AskAsync("GET", "/v1/config/limits.batch")).Json;
        Assert.That((read.GetProperty("value").GetInt32(), read.GetProperty("isChanged").GetBoolean()), Is.EqualTo((77, true)));
        var version = (await AskAsync("GET", $"/v1/config/versions/{number}")).Json;
        Assert.That((version.GetProperty("reason").GetString(), version.GetProperty("overlay").ToString()), Is.EqualTo(("smaller messages", """{"limits":{"batch":77}}""")));
        Assert.That((await AskAsync("GET", "/v1/config/versions?limit=1")).Json.GetProperty("items")[0].GetProperty("number").GetInt64(), Is.EqualTo(number));
        var entry = (await new AuditLog(_engine.Host.Control).ListAsync(new AuditFilter(Action: "config."), long.MaxValue, 1))[0].Event;
        Assert.That((entry.Action, entry.Target, entry.Details), Is.EqualTo(("config.change", "config:limits.batch", $$"""{"version":{{number}},"reason":"smaller messages"}""")));
        Assert.That((await AskAsync("GET", "/health")).Json.GetProperty("parts").GetProperty("settings").GetProperty("detail").GetString(), Is.EqualTo($"version {number}"));
    }

    [Test]
    public async Task A_change_requires_the_current_version()
    {
        var tag = (await AskAsync("GET", "/v1/config")).Headers["ETag"];
        Assert.That((await AskAsync("PUT", "/v1/config/limits.batch", "78", match: "")).Problem, Is.EqualTo((428, "if_match_required")));
        Assert.That((await AskAsync("PUT", "/v1/config/limits.batch", "78", tag)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await AskAsync("PUT", "/v1/config/limits.batch", "79", tag)).Problem, Is.EqualTo((412, "version_changed")));
        Assert.That((await AskAsync("PUT", "/v1/config/limits.batch", "79", "nonsense")).Problem, Is.EqualTo((412, "version_changed")));
        Assert.That(_engine.Host.Ingest.MaxBatch, Is.EqualTo(78));
    }

    [Test]
    public async Task A_campaign_is_changed_by_name_and_the_journal_has_it()
    {
        var former = _engine.Host.JourneyOptions.Campaigns.Version;
        Assert.That((await AskAsync("PATCH", "/v1/config/decisions.campaigns.first", """{"trigger":{"event":"begin_checkout"}}""")).Status, Is.EqualTo(HttpStatusCode.OK));
        var campaigns = _engine.Host.JourneyOptions.Campaigns;
        Assert.That(campaigns[0].Rule, Is.EqualTo("event begin_checkout"));
        Assert.That(Encoding.UTF8.GetString(campaigns.Record.Span), Does.Contain("begin_checkout"), "what the journal's Configuration entry gets");
        Assert.That(campaigns.Version, Is.Not.EqualTo(former));
        Assert.That((await AskAsync("DELETE", "/v1/config/decisions.campaigns.first")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(_engine.Host.JourneyOptions.Campaigns[0].Rule, Is.EqualTo("event view_cart"));
    }

    [Test]
    public async Task A_key_of_a_list_that_the_API_replaced_is_changed()
    {
        await AskAsync("PUT", "/v1/config/decisions.campaigns", """[{"name":"second","trigger":{"event":"view_cart"},"action":{"type":"reminder"},"channel":"socket","message":"two"}]""");
        Assert.That((await AskAsync("GET", "/v1/config/decisions.campaigns.second.trigger")).Json.GetProperty("isChanged").GetBoolean());
        Assert.That((await AskAsync("GET", "/v1/config/decisions.campaigns.first")).Problem, Is.EqualTo((404, "setting_unknown")));
        Assert.That((await AskAsync("DELETE", "/v1/config/decisions.campaigns.first")).Problem, Is.EqualTo((400, "invalid_settings")));
    }

    [Test]
    public async Task A_dry_run_returns_the_differences_and_changes_nothing()
    {
        var answer = await AskAsync("PATCH", "/v1/config?dryRun=true", """{"limits":{"batch":5},"log":{"level":"warning"}}""", match: "");
        Assert.That(answer.Json.GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("path").GetString()), Is.EqualTo(new[] { "limits.batch", "log.level" }));
        Assert.That((answer.Json.GetProperty("dryRun").GetBoolean(), _engine.Host.Ingest.MaxBatch), Is.EqualTo((true, 2500)));
        var wrong = await AskAsync("PATCH", "/v1/config?dryRun=true", """{"limits":{"batch":0,"pats":"1h"}}""", match: "");
        Assert.That(wrong.Problem, Is.EqualTo((400, "invalid_settings")));
        Assert.That(wrong.Json.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()), Is.EqualTo(new[]
        {
            "settings: limits.batch: error: limits.batch must be at least 1, not 0", "settings: limits.pats: error: unknown key 'pats' in limits, did you mean 'past'?",
        }));
    }

    [TestCase("PUT", "/v1/config/memory.carts", "\"1GB\"", 409, "needs_restart")]
    [TestCase("PUT", "/v1/config/contact.holdout", "10", 409, "pinned")]
    [TestCase("PUT", "/v1/config/settings.pinned", "[]", 409, "pinned")]
    [TestCase("PATCH", "/v1/config", """{"sinks":{"x":{"type":"exec","command":["true"]}}}""", 409, "pinned")]
    [TestCase("PATCH", "/v1/config", """{"sinks":{"x":{"type":"webhook","url":"https://x.example","secret":"plain"}}}""", 400, "secret_not_allowed")]
    [TestCase("PUT", "/v1/config/limits.batch", "\"many\"", 400, "invalid_settings")]
    [TestCase("PUT", "/v1/config/limits..batch", "1", 400, "invalid_settings")]
    [TestCase("PUT", "/v1/config", "[]", 400, "invalid_settings")]
    [TestCase("PATCH", "/v1/config", """{"log":1,"log":2}""", 400, "invalid_json")]
    [TestCase("PUT", "/v1/config/limits.batch?at=2001-01-01", "1", 400, "out_of_range")]
    [TestCase("GET", "/v1/config/limits.bacth", null, 404, "setting_unknown")]
    [TestCase("GET", "/v1/config/versions/99999", null, 404, "version_unknown")]
    [TestCase("POST", "/v1/config/rollback", """{"version":99999}""", 404, "version_unknown")]
    [TestCase("DELETE", "/v1/config/schedule/none", null, 404, "schedule_unknown")]
    public async Task Rejections_have_different_codes(string method, string path, string? body, int status, string code)
    {
        var head = _engine.Host.Settings.Head.Number;
        Assert.That((await AskAsync(method, path, body)).Problem, Is.EqualTo((status, code)));
        Assert.That(_engine.Host.Settings.Head.Number, Is.EqualTo(head));
    }

    [Test]
    public async Task A_roll_back_is_a_new_version_with_the_settings_of_the_former()
    {
        var first = (await AskAsync("PUT", "/v1/config/limits.batch", "81")).Json.GetProperty("version").GetInt64();
        await AskAsync("PUT", "/v1/config/limits.batch", "82");
        var answer = await AskAsync("POST", "/v1/config/rollback", $$"""{"version":{{first}},"reason":"too small"}""");
        Assert.That((answer.Json.GetProperty("version").GetInt64(), _engine.Host.Ingest.MaxBatch), Is.EqualTo((first + 2, 81)));
        Assert.That((await AskAsync("GET", $"/v1/config/diff?from={first}&to={first + 2}")).Json.GetProperty("changes").GetArrayLength(), Is.Zero);
        Assert.That((await AskAsync("GET", $"/v1/config/diff?from={first}&to={first + 1}")).Json.GetProperty("changes")[0].ToString(), Is.EqualTo("""{"path":"limits.batch","from":81,"to":82}"""));
        Assert.That((await AskAsync("GET", "/v1/config/export")).Body, Does.Contain("limits:\n  batch: 81\n"));
    }

    [Test]
    public async Task A_scheduled_change_is_made_at_its_time_and_can_be_cancelled()
    {
        var later = TimeProvider.System.GetUtcNow().AddDays(1).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        var cancelled = (await AskAsync("PUT", $"/v1/config/limits.batch?at={later}", "90")).Json.GetProperty("scheduled").GetString();
        Assert.That((await AskAsync("DELETE", $"/v1/config/schedule/{cancelled}")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("PUT", $"/v1/config/limits.batch?at={later}", "0")).Problem, Is.EqualTo((400, "invalid_settings")), "it is checked at once");
        var soon = TimeProvider.System.GetUtcNow().AddMilliseconds(300).ToUnixTimeMilliseconds();
        var id = (await AskAsync("PUT", $"/v1/config/limits.batch?at={soon}&reason=night", "91")).Json.GetProperty("scheduled").GetString();

        await Eventually.Is(() => _engine.Host.Ingest.MaxBatch == 91, "it is made");
        await Eventually.Is(() => _engine.Host.Settings.InForce == _engine.Host.Settings.Head.Number, "and noted");
        var items = (await AskAsync("GET", "/v1/config/schedule")).Json.GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("id").GetString()!);
        Assert.That((items[id!].GetProperty("state").GetString(), items[id!].GetProperty("version").GetInt64()), Is.EqualTo(("applied", _engine.Host.Settings.Head.Number)));
        Assert.That(items[cancelled!].GetProperty("state").GetString(), Is.EqualTo("cancelled"));
    }

    [Test]
    public async Task A_reload_keeps_the_overrides_and_applies_the_file_to_other_keys()
    {
        await AskAsync("PUT", "/v1/config/limits.batch", "92");
        var text = await File.ReadAllTextAsync(_path);
        await File.WriteAllTextAsync(_path, text.Replace("window: 1h", "window: 3h", StringComparison.Ordinal));
        _engine.Host.RequestReload();
        await Eventually.Is(() => _engine.Host.Config.Decisions.Window.Value == TimeSpan.FromHours(3), "the file is reloaded");
        Assert.That(_engine.Host.Ingest.MaxBatch, Is.EqualTo(92));
        await File.WriteAllTextAsync(_path, text);
        _engine.Host.RequestReload();
        await Eventually.Is(() => _engine.Host.Config.Decisions.Window.Value == TimeSpan.FromHours(1), "and again");
    }

    [Test]
    public async Task No_response_contains_a_secret()
    {
        foreach (var path in new[] { "/v1/config", "/v1/config/stores", "/v1/config/listen.tcpKey", "/v1/config/export", "/v1/config/versions" })
        {
            Assert.That((await AskAsync("GET", path)).Body, Does.Not.Contain(EngineConfig.SecretKey), path);
        }
    }

    Task<ApiAnswer> AskAsync(string method, string path, string? body = null, string match = "*") => _engine.AskAsync(new HttpMethod(method), path,
        body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), key: null, match.Length == 0 ? [_admin] : [_admin, ("If-Match", match)]);
}
