using System.Globalization;
using System.Net;
using System.Text;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Campaigns;

/// <summary>Campaigns of the API on a running engine, from the draft to the archive.</summary>
public sealed class ManagedCampaignsApiTests
{
    const string OfFile = """[{ name: of-file, trigger: { event: view_cart }, action: { type: reminder }, channel: socket, message: "one" }]""";
    const string Definition = """{"trigger":{"event":"begin_checkout"},"action":{"type":"reminder"},"channel":"socket","message":"Hello"}""";
    const string OtherKey = "sk_other_0123456789abcdef";

    Scratch _scratch = null!;
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string Name, string Value) _maker, _approver;
    string _path = null!;
    int _count;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _path = (FileEngine.ConfigOf(_scratch) with
        {
            Campaigns = OfFile,
            FirstStore = $"  - id: other\n    keys: [{{ key: {OtherKey}, kind: secret }}]",
        }).WriteTo(_scratch);
        _engine = await FileEngine.StartAsync(_path);
        _users = new TestUsers(_engine);
        (_maker, _approver) = (await _users.NewAsync(new Grant("marketer", "shop")), await _users.NewAsync(new Grant("operator", null)));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task A_campaign_contacts_from_its_activation_to_its_archive()
    {
        var name = await CreateAsync();
        Assert.That(Rule(name), Is.Null, "a draft");
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Problem, Is.EqualTo((409, "campaign_state")));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/check")).Json.GetProperty("state").GetString(), Is.EqualTo("checked"));
        var active = await AskAsync("POST", $"/v1/campaigns/{name}/activate");
        Assert.That((active.Json.GetProperty("state").GetString(), active.Json.GetProperty("inForce").GetBoolean(), Rule(name)), Is.EqualTo(("active", true, "event begin_checkout")), active.Body);
        Assert.That(Encoding.UTF8.GetString(_engine.Host.JourneyOptions.Campaigns.Record.Span), Does.Contain(name), "the journal's Configuration entry has it");

        var other = Definition.Replace("begin_checkout", "add_to_cart", StringComparison.Ordinal);
        Assert.That((await AskAsync("PUT", $"/v1/campaigns/{name}", $$"""{"campaign":{{other}},"reason":"earlier"}""")).Json.GetProperty("state").GetString(), Is.EqualTo("draft"));
        Assert.That(Rule(name), Is.EqualTo("event begin_checkout"), "the version in force stays");
        Assert.That((await AskAsync("GET", $"/v1/campaigns/{name}/versions")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("reason").GetString()), Is.EqualTo(new[] { "earlier", "" }));
        await AskAsync("POST", $"/v1/campaigns/{name}/check");
        await AskAsync("POST", $"/v1/campaigns/{name}/activate");
        Assert.That(Rule(name), Is.EqualTo("event add_to_cart"));

        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/pause")).Json.GetProperty("state").GetString(), Is.EqualTo("paused"));
        Assert.That((await AskAsync("DELETE", $"/v1/campaigns/{name}")).Problem, Is.EqualTo((409, "campaign_state")));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/archive")).Json.GetProperty("state").GetString(), Is.EqualTo("archived"));
        Assert.That(Rule(name), Is.Null);
        Assert.That((await AskAsync("DELETE", $"/v1/campaigns/{name}")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("GET", $"/v1/campaigns/{name}")).Problem, Is.EqualTo((404, "campaign_unknown")));
    }

    [Test]
    public async Task A_wrong_campaign_is_not_checked_and_says_where()
    {
        var name = await CreateAsync("""{"trigger":{"event":"begin_checkuot"},"action":{"type":"reminder"},"channel":"nowhere","message":"Hello {{ cart.totl }}"}""");
        var answer = await AskAsync("POST", $"/v1/campaigns/{name}/check");
        Assert.That(answer.Problem, Is.EqualTo((400, "invalid_settings")));
        Assert.That(answer.Json.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()!.Split(": error:")[0]), Is.EquivalentTo(new[]
        {
            $"settings: decisions.campaigns.{name}.trigger.event", $"settings: decisions.campaigns.{name}.channel", $"settings: decisions.campaigns.{name}.message",
        }), answer.Body);
        Assert.That((await AskAsync("GET", $"/v1/campaigns/{name}")).Json.GetProperty("state").GetString(), Is.EqualTo("draft"));
    }

    [Test]
    public async Task A_campaign_is_for_a_segment_that_its_store_has()
    {
        var name = await CreateAsync(Definition.Replace("{\"trigger\"", "{\"segment\":\"big\",\"trigger\"", StringComparison.Ordinal));
        var refused = await AskAsync("POST", $"/v1/campaigns/{name}/check");
        Assert.That((refused.Problem, refused.Json.GetProperty("problems")[0].GetString()), Is.EqualTo(((400, (string?)"invalid_settings"),
            $"settings: decisions.campaigns.{name}.segment: error: the store 'shop' has no segment 'big': make it with POST /v1/segments")));

        Assert.That((await AskAsync("POST", "/v1/segments", """{"key":"big","conditions":[{"feature":"item_count","atLeast":3}]}""")).Status, Is.EqualTo(HttpStatusCode.Created));
        await AskAsync("POST", $"/v1/campaigns/{name}/check");
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Rule(name), Is.EqualTo("event begin_checkout and in segment big"));
        Assert.That((await AskAsync("DELETE", "/v1/segments/big")).Problem, Is.EqualTo((409, "segment_in_use")));
        await AskAsync("POST", $"/v1/campaigns/{name}/archive");
        Assert.That((await AskAsync("DELETE", "/v1/segments/big")).Status, Is.EqualTo(HttpStatusCode.NoContent), "an archived campaign does not keep it");
        await AskAsync("DELETE", $"/v1/campaigns/{name}");
    }

    [Test]
    public async Task A_campaign_uses_a_template_that_its_store_has()
    {
        var name = await CreateAsync(Definition.Replace("\"message\":\"Hello\"", "\"template\":\"left\"", StringComparison.Ordinal));
        var refused = await AskAsync("POST", $"/v1/campaigns/{name}/check");
        Assert.That((refused.Problem, refused.Json.GetProperty("problems")[0].GetString()), Is.EqualTo(((400, (string?)"invalid_settings"),
            $"settings: decisions.campaigns.{name}.template: error: the store 'shop' has no template 'left': make it with POST /v1/templates")));

        Assert.That((await AskAsync("POST", "/v1/templates", """{"name":"left","message":"From the template"}""")).Status, Is.EqualTo(HttpStatusCode.Created));
        await AskAsync("POST", $"/v1/campaigns/{name}/check");
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/preview", "{}")).Json.GetProperty("message").GetString(), Is.EqualTo("From the template"));
        Assert.That((await AskAsync("PUT", "/v1/templates/left", """{"message":"Changed"}""", match: "")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/preview", "{}")).Json.GetProperty("message").GetString(), Is.EqualTo("Changed"));
        Assert.That((await AskAsync("DELETE", "/v1/templates/left")).Problem, Is.EqualTo((409, "template_in_use")));

        var text = await File.ReadAllTextAsync(_path);
        await File.WriteAllTextAsync(_path, text + "\nsettings: { approval: required }\n");
        _engine.Host.RequestReload();
        await Eventually.Is(() => _engine.Host.Campaigns.NeedsApproval, "the rule is in force");
        Assert.That((await AskAsync("PUT", "/v1/templates/left", """{"message":"Unapproved"}""", match: "")).Problem, Is.EqualTo((409, "approval_required")));
        await File.WriteAllTextAsync(_path, text);
        _engine.Host.RequestReload();
        await Eventually.Is(() => !_engine.Host.Campaigns.NeedsApproval, "the rule is gone");

        await AskAsync("POST", $"/v1/campaigns/{name}/archive");
        Assert.That((await AskAsync("DELETE", "/v1/templates/left")).Status, Is.EqualTo(HttpStatusCode.NoContent), "an archived campaign does not use it");
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Problem.Status, Is.EqualTo(400).Or.EqualTo(409), "it cannot be activated without");
    }

    [Test]
    public async Task Where_approval_is_required_another_person_gives_it()
    {
        var text = await File.ReadAllTextAsync(_path);
        await File.WriteAllTextAsync(_path, text + "\nsettings: { approval: required }\n");
        _engine.Host.RequestReload();
        await Eventually.Is(() => _engine.Host.Campaigns.NeedsApproval, "the rule is in force");
        var name = await CreateAsync();
        await AskAsync("POST", $"/v1/campaigns/{name}/check");
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Problem, Is.EqualTo((409, "approval_required")));
        Assert.That((Rule(name), (await AskAsync("POST", $"/v1/campaigns/{name}/approve")).Problem), Is.EqualTo(((string?)null, (403, (string?)"permission_denied"))));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/approve", user: _approver)).Json.GetProperty("state").GetString(), Is.EqualTo("approved"));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Json.GetProperty("approvedBy").GetString(), Does.StartWith("user:"));
        await AskAsync("POST", $"/v1/campaigns/{name}/archive");
        await File.WriteAllTextAsync(_path, text);
        _engine.Host.RequestReload();
        await Eventually.Is(() => !_engine.Host.Campaigns.NeedsApproval, "the rule is gone");
    }

    [Test]
    public async Task A_campaign_is_on_between_its_dates()
    {
        var now = TimeProvider.System.GetUtcNow();
        var (later, soon, end) = ($"{_count}later", $"{_count}soon", $"{_count}end");
        foreach (var (name, dates) in new[] { (later, $",\"startsAt\":\"{Rfc(now.AddDays(1))}\""), (soon, $",\"startsAt\":\"{Rfc(now.AddSeconds(1))}\""), (end, $",\"endsAt\":\"{Rfc(now.AddSeconds(4))}\"") })
        {
            Assert.That((await AskAsync("POST", "/v1/campaigns", $$"""{"name":"{{name}}","campaign":{{Definition}}{{dates}}}""")).Status, Is.EqualTo(HttpStatusCode.Created));
            await AskAsync("POST", $"/v1/campaigns/{name}/check");
            Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Status, Is.EqualTo(HttpStatusCode.OK));
        }

        await Eventually.Is(() => Rule(soon) is not null, "it begins by itself");
        await Eventually.Is(() => Rule(end) is null, "it ends by itself");
        Assert.That(Rule(later), Is.Null);
        var states = (await AskAsync("GET", "/v1/campaigns")).Json.GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!, item => item.GetProperty("state").GetString());
        Assert.That((states[later], states[soon], states[end]), Is.EqualTo(("scheduled", "active", "ended")));
        foreach (var name in new[] { later, soon, end })
        {
            await AskAsync("POST", $"/v1/campaigns/{name}/archive");
        }
    }

    [Test]
    public async Task A_manager_of_one_store_manages_only_its_campaigns()
    {
        foreach (var stores in new[] { "[]", "[\"other\"]", "[\"shop\",\"other\"]" })
        {
            var foreign = Definition.Replace("{\"trigger\"", $"{{\"stores\":{stores},\"trigger\"", StringComparison.Ordinal);
            Assert.That((await AskAsync("POST", "/v1/campaigns", $$"""{"name":"foreign","campaign":{{foreign}}}""")).Problem, Is.EqualTo((403, "permission_denied")), stores);
        }

        var name = await CreateAsync();
        var own = await AskAsync("GET", $"/v1/campaigns/{name}");
        Assert.That(own.Json.GetProperty("stores").ToString(), Is.EqualTo("[\"shop\"]"));
        foreach (var (method, path) in new[] { ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/check"), ("POST", "/activate"), ("POST", "/archive"), ("GET", "/versions") })
        {
            using var body = method == "PUT" ? new StringContent($$"""{"campaign":{{Definition}}}""", Encoding.UTF8, "application/json") : null;
            Assert.That((await _engine.AskAsync(new HttpMethod(method), $"/v1/campaigns/{name}{path}", body, OtherKey, ("If-Match", "*"))).Problem, Is.EqualTo((404, "campaign_unknown")), $"{method} {path}");
        }

        Assert.That((await _engine.GetAsync("/v1/campaigns", OtherKey)).Body, Does.Not.Contain(name));
        var all = Definition.Replace("{\"trigger\"", "{\"stores\":[],\"trigger\"", StringComparison.Ordinal);
        Assert.That((await AskAsync("POST", "/v1/campaigns", $$"""{"name":"of-all","campaign":{{all}}}""", user: _approver)).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await AskAsync("POST", "/v1/campaigns/of-all/check")).Problem, Is.EqualTo((403, "permission_denied")), "seen, but not managed");
    }

    [Test]
    public async Task Each_store_sees_its_own_part_of_a_shared_campaign()
    {
        var shared = Definition.Replace("{\"trigger\"", "{\"stores\":[\"shop\",\"other\"],\"trigger\"", StringComparison.Ordinal);
        Assert.That((await AskAsync("POST", "/v1/campaigns", $$"""{"name":"shared","campaign":{{shared}}}""", user: _approver)).Json.GetProperty("stores").ToString(), Is.EqualTo("[\"shop\",\"other\"]"));
        Assert.That((await AskAsync("GET", "/v1/campaigns/shared")).Json.GetProperty("stores").ToString(), Is.EqualTo("[\"shop\"]"), "a user of one store");
        foreach (var path in new[] { "/v1/campaigns/shared", "/v1/campaigns/shared/versions" })
        {
            var seen = await _engine.GetAsync(path, OtherKey);
            Assert.That((seen.Status, seen.Body.Contains("\"shop\"", StringComparison.Ordinal), seen.Body.Contains("\"other\"", StringComparison.Ordinal)), Is.EqualTo((HttpStatusCode.OK, false, true)), seen.Body);
        }
    }

    [Test]
    public async Task A_campaign_that_does_not_fit_a_changed_file_is_set_aside_alone()
    {
        var text = await File.ReadAllTextAsync(_path);
        var (unfit, kept) = (await CreateAsync(), await CreateAsync());
        foreach (var name in new[] { unfit, kept })
        {
            await AskAsync("POST", $"/v1/campaigns/{name}/check");
            Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/activate")).Status, Is.EqualTo(HttpStatusCode.OK));
        }

        await File.WriteAllTextAsync(_path, text.Replace("name: of-file", $"name: {unfit}", StringComparison.Ordinal));
        _engine.Host.RequestReload();
        await Eventually.Is(() => _engine.Host.Campaigns.Unfit.ContainsKey(unfit), "it is set aside");
        Assert.That((_engine.Host.ReloadProblem, Rule(kept), Rule(unfit)), Is.EqualTo(((string?)null, "event begin_checkout", "event view_cart")), "the file is in force, and the other campaign");
        Assert.That((await AskAsync("GET", $"/v1/campaigns/{unfit}")).Json.GetProperty("state").GetString(), Is.EqualTo("unfit"));
        var part = (await _engine.GetAsync("/health", key: null)).Json.GetProperty("parts").GetProperty("campaigns");
        Assert.That((part.GetProperty("status").GetString(), part.GetProperty("detail").GetString()![..24]), Is.EqualTo(("degraded", $"unfit, and set aside: {unfit}"[..24])));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{kept}/archive")).Status, Is.EqualTo(HttpStatusCode.OK), "others can be changed");

        await File.WriteAllTextAsync(_path, text);
        _engine.Host.RequestReload();
        await Eventually.Is(() => _engine.Host.Campaigns.Unfit.Count == 0, "it fits again");
        Assert.That((await AskAsync("GET", $"/v1/campaigns/{unfit}")).Json.GetProperty("state").GetString(), Is.EqualTo("active"));
        await AskAsync("POST", $"/v1/campaigns/{unfit}/archive");
    }

    [Test]
    public async Task What_the_file_has_is_the_files()
    {
        var detail = (await AskAsync("GET", "/v1/campaigns/of-file")).Json;
        Assert.That((detail.GetProperty("managedBy").GetString(), detail.GetProperty("campaign").GetProperty("message").GetString()), Is.EqualTo(("file", "one")));
        Assert.That((await AskAsync("PUT", "/v1/campaigns/of-file", $$"""{"campaign":{{Definition}}}""")).Problem, Is.EqualTo((409, "managed_by_file")));
        Assert.That((await AskAsync("POST", "/v1/campaigns", $$"""{"name":"of-file","campaign":{{Definition}}}""")).Problem, Is.EqualTo((409, "campaign_exists")));
    }

    [TestCase("""{"name":"","campaign":{}}""")]
    [TestCase("""{"name":"a.b","campaign":{}}""")]
    [TestCase("""{"name":"x","campaign":[]}""")]
    [TestCase("""{"name":"x","campaign":{"stores":"shop"}}""")]
    [TestCase("""{"name":"x","campaign":{"stores":[null]}}""")]
    [TestCase("""{"name":"x","campaign":{"name":"y"}}""")]
    [TestCase("""{"name":"x","campaign":{"pausedIn":["shop"]}}""")]
    [TestCase("""{"name":"x","campaign":{},"startsAt":"2030-01-02T00:00:00Z","endsAt":"2030-01-01T00:00:00Z"}""")]
    public async Task A_body_that_is_no_campaign_is_refused(string body) => Assert.That((await AskAsync("POST", "/v1/campaigns", body)).Problem, Is.EqualTo((400, "invalid_campaign")));

    [Test]
    public async Task A_change_requires_the_current_version()
    {
        var name = await CreateAsync();
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/check", match: "")).Problem, Is.EqualTo((428, "if_match_required")));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/check", match: "\"2\"")).Problem, Is.EqualTo((412, "campaign_changed")));
        Assert.That((await AskAsync("POST", $"/v1/campaigns/{name}/check", match: "\"1\"")).Headers["ETag"], Is.EqualTo("\"1\""));
    }

    [Test]
    public async Task An_active_campaign_is_in_force_after_a_restart_and_one_that_does_not_fit_keeps_nothing_from_starting()
    {
        using var scratch = new Scratch();
        var config = FileEngine.ConfigOf(scratch);
        await using (var engine = await FileEngine.StartAsync(config.WriteTo(scratch)))
        {
            foreach (var (path, body) in new[] { ("", $$"""{"name":"kept","campaign":{{Definition}}}"""), ("/kept/check", ""), ("/kept/activate", "") })
            {
                using var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
                var answer = await engine.AskAsync(HttpMethod.Post, $"/v1/campaigns{path}", content, EngineConfig.SecretKey, ("If-Match", "*"));
                Assert.That((int)answer.Status, Is.LessThan(300), answer.Body);
            }

            await engine.Host.Settings.ChangeAsync(new Host.Settings.SettingsEdit("set", "limits.batch", 71), new Host.Settings.SettingsAuthor("user:1", ""));
            Assert.That(engine.Host.JourneyOptions.Campaigns.Find("kept"), Is.Not.Null, "a change of the settings keeps it");
        }

        await using (var engine = await FileEngine.StartAsync(config.WriteTo(scratch)))
        {
            Assert.That((engine.Host.JourneyOptions.Campaigns.Find("kept")?.Rule, engine.Host.Ingest.MaxBatch), Is.EqualTo(("event begin_checkout", 71)));
        }

        var taken = OfFile.Replace("of-file", "kept", StringComparison.Ordinal);
        await using (var engine = await FileEngine.StartAsync((config with { Campaigns = taken }).WriteTo(scratch)))
        {
            Assert.That((engine.Host.JourneyOptions.Campaigns.Find("kept")?.Rule, engine.Host.Ingest.MaxBatch), Is.EqualTo(("event view_cart", 71)), "the file's, and the settings");
            Assert.That((engine.Host.Settings.Problem, engine.Host.Campaigns.Unfit["kept"]), Is.EqualTo(((string?)null, "settings: decisions.campaigns.kept: error: the file has a campaign 'kept' too; rename that, or archive the API's")));
        }
    }

    string? Rule(string name) => _engine.Host.JourneyOptions.Campaigns.Find(name)?.Rule;

    static string Rfc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    async Task<string> CreateAsync(string definition = Definition)
    {
        var name = $"made-{Interlocked.Increment(ref _count)}";
        var answer = await AskAsync("POST", "/v1/campaigns", $$"""{"name":"{{name}}","campaign":{{definition}}}""");
        Assert.That((answer.Status, answer.Headers["ETag"]), Is.EqualTo((HttpStatusCode.Created, "\"1\"")), answer.Body);
        return name;
    }

    Task<ApiAnswer> AskAsync(string method, string path, string? body = null, string match = "*", (string, string)? user = null) => _engine.AskAsync(new HttpMethod(method), path,
        body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), key: null,
        match.Length == 0 ? [user ?? _maker, ("X-Store-Id", "shop")] : [user ?? _maker, ("X-Store-Id", "shop"), ("If-Match", match)]);
}
