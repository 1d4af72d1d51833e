using System.Diagnostics;
using System.Net;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Monitoring.Receivers;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Alerts over HTTP: the seed's routes, Prometheus' and Alertmanager's, on an engine that sends to a local receiver.</summary>
[TestFixture]
sealed class AlertsApiTests
{
    const string Alerts = "/api/v1/monitoring/alerts";

    NoticeReceiverServer _receiver = null!;
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    Scratch _scratch = null!;
    (string Name, string Value) _operator;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _receiver = new NoticeReceiverServer();
        File.WriteAllText(_scratch.PathOf("rules.yml"), """
            groups:
            - name: shop
              interval: 1s
              rules:
              - {alert: AlwaysOn, expr: vector(7) > 5, for: 0s, labels: {severity: critical, service: checkout}, annotations: {summary: "value {{ $value }}", runbook_url: "https://wiki/on"}}
              - {record: shop:seven, expr: vector(7)}
              - {alert: Never, expr: vector(1) > 5, for: 5m, keep_firing_for: 1m}
            """);
        File.WriteAllText(_scratch.PathOf("alertmanager.yml"), $$"""
            route: {receiver: ops, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
            receivers:
            - {name: ops, webhook_configs: [{url: "{{_receiver.Url}}/ops"}]}
            - {name: shop, webhook_configs: [{url: "{{_receiver.Url}}/shop"}]}
            """);
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Alerts.Rules = [_scratch.PathOf("rules.yml")];
            config.Monitoring.Alerts.Routing = _scratch.PathOf("alertmanager.yml");
            config.Monitoring.Alerts.ExternalUrl = "https://alerts.shop.example/";
        });
        _users = new TestUsers(_engine);
        _operator = await _users.NewAsync(new Grant("operator", null));
        await Eventually.Is(() => _engine.Host.Alerting.Alerts.Firing > 0, "the alert fires");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        await _receiver.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task An_alert_of_a_rule_file_is_listed_and_its_notice_delivered()
    {
        var alert = (await AskAsync("GET", $"{Alerts}?severity=critical&service=checkout")).Json.EnumerateArray().Single();
        Assert.That(alert.GetProperty("title").GetString(), Is.EqualTo("value 7"));
        Assert.That((alert.GetProperty("name").GetString(), alert.GetProperty("severity").GetString(), alert.GetProperty("service").GetString(), alert.GetProperty("state").GetString()),
            Is.EqualTo(("AlwaysOn", "critical", "checkout", "firing")));
        Assert.That((alert.GetProperty("value").GetDouble(), alert.GetProperty("threshold").GetDouble(), alert.GetProperty("acknowledged").GetBoolean()), Is.EqualTo((7d, 5d, false)));
        Assert.That(alert.GetProperty("runbook").GetString(), Is.EqualTo("https://wiki/on"));
        await Eventually.Is(() => _receiver.Requests.Any(request => request.Line == "POST /ops" && request.Body.Contains("AlwaysOn")), "the notice arrives");
        Assert.That((await AskAsync("GET", "/v1/alerts")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()), Does.Contain("AlwaysOn"));
        Assert.That((await AskAsync("GET", $"{Alerts}/{alert.GetProperty("id").GetString()}")).Json.GetProperty("transitions")[0].GetProperty("change").GetString(), Is.EqualTo("fired"));
        Assert.That((await AskAsync("GET", $"{Alerts}/nothing")).Problem, Is.EqualTo((404, "alert_not_found")));
    }

    [Test]
    public async Task Prometheus_shapes_show_rules_and_alerts()
    {
        var groups = (await AskAsync("GET", "/api/v1/rules")).Json.GetProperty("data").GetProperty("groups");
        var rules = groups[0].GetProperty("rules");
        Assert.That(groups[0].EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "name", "file", "rules", "interval", "limit", "evaluationTime", "lastEvaluation" }));
        Assert.That(rules.EnumerateArray().Select(rule => (rule.GetProperty("type").GetString(), rule.GetProperty("health").GetString())),
            Is.EqualTo(new[] { ("alerting", "ok"), ("recording", "ok"), ("alerting", "ok") }));
        Assert.That((rules[2].GetProperty("state").GetString(), rules[2].GetProperty("duration").GetDouble(), rules[2].GetProperty("keepFiringFor").GetDouble()), Is.EqualTo(("inactive", 300d, 60d)));
        var alert = (await AskAsync("GET", "/api/v1/alerts")).Json.GetProperty("data").GetProperty("alerts")[0];
        Assert.That((alert.GetProperty("state").GetString(), alert.GetProperty("value").GetString(), alert.GetProperty("labels").GetProperty("alertname").GetString()), Is.EqualTo(("firing", "7e+00", "AlwaysOn")));
        Assert.That((await AskAsync("GET", "/api/v1/rules?type=record")).Json.GetProperty("data").GetProperty("groups")[0].GetProperty("rules").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Rules_are_created_tried_changed_switched_and_deleted_beside_those_of_the_file()
    {
        const string body = """{"rule_name":"high_error_rate","metric_name":"vector(9)","condition":">","threshold":5,"duration":0,"interval":1,"severity":"critical","notification_channels":["shop"]}""";
        Assert.That((await AskAsync("POST", $"{Alerts}/rules/test", body)).Json.GetProperty("matches").GetInt32(), Is.EqualTo(1));
        var past = (await AskAsync("POST", $"{Alerts}/rules/backtest?from=1h", body)).Json;
        Assert.That((past.GetProperty("fired").GetInt32(), past.GetProperty("firings")[0].GetProperty("resolved_at").ValueKind), Is.EqualTo((1, System.Text.Json.JsonValueKind.Null)));
        var created = await AskAsync("POST", $"{Alerts}/rules", body);
        Assert.That(created.Status, Is.EqualTo(HttpStatusCode.Created), created.Body);
        var id = created.Json.GetProperty("id").GetString();
        await Eventually.Is(() => _receiver.Requests.Any(request => request.Line == "POST /shop" && request.Body.Contains("high_error_rate")), "the channel of the rule gets the notice");
        Assert.That(_receiver.Requests.Any(request => request.Line == "POST /ops" && request.Body.Contains("high_error_rate")), Is.False);
        var rules = (await AskAsync("GET", $"{Alerts}/rules")).Json.EnumerateArray().ToDictionary(rule => rule.GetProperty("rule_name").GetString()!);
        Assert.That(rules.Keys, Is.EqualTo(new[] { "AlwaysOn", "Never", "high_error_rate" }));
        Assert.That((rules["AlwaysOn"].GetProperty("source").GetString(), rules["AlwaysOn"].GetProperty("condition").GetString(), rules["AlwaysOn"].GetProperty("threshold").GetDouble()), Is.EqualTo(("file", ">", 5d)));
        Assert.That((await AskAsync("GET", $"{Alerts}?severity=critical")).Json.EnumerateArray().Single(alert => alert.GetProperty("name").GetString() == "high_error_rate").GetProperty("rule_id").GetString(), Is.EqualTo(id));

        var changed = await AskAsync("PUT", $"{Alerts}/rules/{id}", """{"threshold":10,"enabled":false}""");
        Assert.That((changed.Json.GetProperty("threshold").GetDouble(), changed.Json.GetProperty("enabled").GetBoolean(), changed.Json.GetProperty("metric_name").GetString()), Is.EqualTo((10d, false, "vector(9)")));
        Assert.That((await AskAsync("POST", $"{Alerts}/rules/{id}/enable")).Json.GetProperty("enabled").GetBoolean(), Is.True);
        Assert.That((await AskAsync("POST", $"{Alerts}/rules/{id}/disable")).Json.GetProperty("enabled").GetBoolean(), Is.False);
        Assert.That((await AskAsync("PUT", $"{Alerts}/rules/{rules["AlwaysOn"].GetProperty("id").GetString()}", """{"threshold":10}""")).Problem, Is.EqualTo((409, "rule_of_file")));
        Assert.That((await AskAsync("DELETE", $"{Alerts}/rules/{id}")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("GET", $"{Alerts}/rules/{id}")).Problem, Is.EqualTo((404, "rule_not_found")));
    }

    [TestCase("""{"rule_name":"x","metric_name":"m","condition":"~","threshold":1}""", "condition: expected one of")]
    [TestCase("""{"rule_name":"x","expression":"rate(m)"}""", "could not parse expression")]
    [TestCase("""{"rule_name":"x","expression":"m > 1","notification_channels":["nobody"]}""", "there is no receiver \"nobody\"")]
    [TestCase("""{"rule_name":"x","expression":"m > 1","duration":-1}""", "must not be negative")]
    [TestCase("""{"expression":"m > 1"}""", "a rule needs a name")]
    public async Task An_invalid_rule_is_refused_with_its_reason(string body, string detail)
    {
        var answer = await AskAsync("POST", $"{Alerts}/rules", body);
        Assert.That(answer.Problem, Is.EqualTo((400, "invalid_rule")));
        Assert.That(answer.Json.GetProperty("detail").GetString(), Does.Contain(detail));
    }

    [Test]
    public async Task An_alert_is_acknowledged_resolved_and_in_the_history()
    {
        await PostAlertAsync("Disk", "warning");
        var id = await IdOfAsync("Disk");
        var acknowledged = await AskAsync("POST", $"{Alerts}/{id}/acknowledge", """{"acknowledged_by":"operator@shop.example"}""");
        Assert.That((acknowledged.Json.GetProperty("acknowledged").GetBoolean(), acknowledged.Json.GetProperty("acknowledged_by").GetString()), Is.EqualTo((true, "operator@shop.example")));
        var resolved = await AskAsync("POST", $"{Alerts}/{id}/resolve", """{"resolution_note":"Scaled up"}""");
        Assert.That((resolved.Json.GetProperty("state").GetString(), resolved.Json.GetProperty("resolution_note").GetString()), Is.EqualTo(("resolved", "Scaled up")));
        Assert.That((await AskAsync("POST", $"{Alerts}/{id}/resolve", "{}")).Problem, Is.EqualTo((409, "alert_not_firing")));
        var history = (await AskAsync("GET", $"{Alerts}/history?severity=warning&limit=1")).Json;
        Assert.That((history.GetProperty("alerts")[0].GetProperty("id").GetString(), history.GetProperty("limit").GetInt32(), history.GetProperty("offset").GetInt32()), Is.EqualTo((id, 1, 0)));
        var steps = (await AskAsync("GET", $"{Alerts}/{id}")).Json.GetProperty("transitions").EnumerateArray().Select(step => step.GetProperty("change").GetString());
        Assert.That(steps, Is.EqualTo(new[] { "fired", "acknowledged", "resolved_by_hand" }));
    }

    [Test]
    public async Task A_silence_is_previewed_set_listed_and_ended_and_hides_notices()
    {
        await PostAlertAsync("Noise", "info");
        const string matchers = """[{"name":"alertname","value":"Noise","isRegex":false}]""";
        Assert.That((await AskAsync("POST", "/api/v2/silences/preview", $$"""{"matchers":{{matchers}}}""")).Json.GetProperty("count").GetInt32(), Is.EqualTo(1));
        var end = TimeProvider.System.GetUtcNow().AddHours(1).ToString("o");
        var set = await AskAsync("POST", "/api/v2/silences", $$"""{"matchers":{{matchers}},"endsAt":"{{end}}","createdBy":"operator","comment":"deploy"}""");
        Assert.That(set.Status, Is.EqualTo(HttpStatusCode.OK), set.Body);
        var id = set.Json.GetProperty("silenceID").GetString();
        var alert = (await AskAsync("GET", "/api/v2/alerts?filter=alertname%3DNoise&filter=severity%3Dinfo")).Json.EnumerateArray().Single();
        Assert.That((alert.GetProperty("status").GetProperty("state").GetString(), alert.GetProperty("status").GetProperty("silencedBy")[0].GetString()), Is.EqualTo(("suppressed", id)));
        Assert.That((await AskAsync("GET", "/api/v2/alerts?silenced=false&filter=alertname%3DNoise")).Json.GetArrayLength(), Is.Zero);
        Assert.That((await AskAsync("DELETE", $"/api/v2/silence/{id}")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await AskAsync("GET", $"/api/v2/silence/{id}")).Json.GetProperty("status").GetProperty("state").GetString(), Is.EqualTo("expired"));
        Assert.That((await AskAsync("DELETE", $"/api/v2/silence/{id}")).Problem, Is.EqualTo((404, "silence_not_found")));
        Assert.That((await AskAsync("POST", "/api/v2/silences", $$"""{"matchers":[],"endsAt":"{{end}}"}""")).Problem, Is.EqualTo((400, "invalid_silence")));
        Assert.That((await AskAsync("GET", "/api/v2/alerts?filter=x")).Problem, Is.EqualTo((400, "invalid_filter")));
    }

    [Test]
    public async Task A_recurring_silence_is_previewed_with_its_windows_and_listed()
    {
        const string body = """
            {"matchers":[{"name":"alertname","value":"Nightly"}],"startsAt":"2030-01-07T00:00:00Z","endsAt":"2030-01-09T00:00:00Z","comment":"backup",
             "recurrence":[{"times":[{"start_time":"02:00","end_time":"03:30"}],"weekdays":["monday","tuesday"]}]}
            """;
        var windows = (await AskAsync("POST", "/api/v2/silences/preview", body)).Json.GetProperty("windows").EnumerateArray();
        Assert.That(windows.Select(window => (window.GetProperty("startsAt").GetDateTimeOffset(), window.GetProperty("endsAt").GetDateTimeOffset())), Is.EqualTo(new[]
        {
            (new DateTimeOffset(2030, 1, 7, 2, 0, 0, TimeSpan.Zero), new DateTimeOffset(2030, 1, 7, 3, 30, 0, TimeSpan.Zero)),
            (new DateTimeOffset(2030, 1, 8, 2, 0, 0, TimeSpan.Zero), new DateTimeOffset(2030, 1, 8, 3, 30, 0, TimeSpan.Zero)),
        }));
        var last = await AskAsync("POST", "/api/v2/silences/preview", """{"matchers":[{"name":"a","value":"b"}],"startsAt":"9999-12-31T00:00:00Z","recurrence":[{}]}""");
        Assert.That(last.Json.GetProperty("windows").GetArrayLength(), Is.EqualTo(1), "to the end of time");
        var set = await AskAsync("POST", "/api/v2/silences", body);
        Assert.That(set.Status, Is.EqualTo(HttpStatusCode.OK), set.Body);
        var silence = (await AskAsync("GET", $"/api/v2/silence/{set.Json.GetProperty("silenceID").GetString()}")).Json;
        Assert.That(silence.GetProperty("status").GetProperty("state").GetString(), Is.EqualTo("pending"));
        Assert.That(silence.GetProperty("recurrence").GetRawText(), Is.EqualTo("""[{"times":[{"start_time":"02:00","end_time":"03:30"}],"weekdays":["monday","tuesday"]}]"""));
        foreach (var path in new[] { "/api/v2/silences", "/api/v2/silences/preview" })
        {
            var refused = await AskAsync("POST", path, body.Replace("02:00", "04:00", StringComparison.Ordinal));
            Assert.That(refused.Problem, Is.EqualTo((400, "invalid_silence")));
            Assert.That(refused.Json.GetProperty("detail").GetString(), Does.Contain("start_time must be before end_time"));
        }
    }

    [Test]
    public async Task Debians_amtool_works_against_the_engine()
    {
        File.WriteAllText(_scratch.PathOf("http.yml"), $"authorization: {{credentials: \"{_operator.Value["Bearer ".Length..]}\"}}\n");
        Assert.That(Amtool("alert", "add", "alertname=FromAmtool", "severity=page", "--annotation=summary=hello"), Is.Empty);
        Assert.That(Amtool("alert", "query", "alertname=FromAmtool"), Does.Contain("FromAmtool").And.Contain("active"));
        var silence = Amtool("silence", "add", "alertname=~From.*", "--duration=1h", "--author=operator", "--comment=test").Trim();
        Assert.That(Guid.TryParse(silence, out _), Is.True, silence);
        Assert.That(Amtool("silence", "query"), Does.Contain("From.*").And.Contain("operator"));
        Assert.That(Amtool("alert", "query", "alertname=FromAmtool"), Does.Not.Contain("FromAmtool"), "silenced");
        Assert.That(Amtool("alert", "query", "--silenced", "alertname=FromAmtool"), Does.Contain("suppressed"));
        Assert.That(Amtool("silence", "update", "--duration=2h", silence), Does.Contain(silence[..8]).Or.Contain("From.*"));
        Assert.That(Amtool("silence", "expire", silence), Is.Empty);
        Assert.That(Amtool("silence", "query", "--expired"), Does.Contain("From.*"));
        Assert.That(Amtool("config", "routes", "show"), Does.Contain("receiver: ops"));
        Assert.That(Amtool("config", "routes", "test", "notification_channels=shop"), Does.Contain("shop"));
        await Task.CompletedTask;
    }

    [Test]
    public async Task An_alert_begins_an_incident_that_people_close()
    {
        const string incidents = "/api/v1/monitoring/incidents";
        await AskAsync("POST", "/api/v2/alerts", """[{"labels":{"alertname":"Pay","severity":"critical","service":"payment","incident":"pay"},"annotations":{"summary":"Payments fail"}}]""");
        var found = (await AskAsync("GET", "/api/v1/monitoring/dashboard/incidents")).Json.GetProperty("incidents")[0];
        Assert.That((found.GetProperty("title").GetString(), found.GetProperty("severity").GetString(), found.GetProperty("status").GetString(), found.GetProperty("affected_services")[0].GetString()),
            Is.EqualTo(("Payments fail", "critical", "open", "payment")));
        var path = $"{incidents}/{found.GetProperty("id").GetString()}";
        Assert.That((await AskAsync("POST", $"{path}/entries", """{"kind":"deploy","text":"rolled back 1.2"}""")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await AskAsync("PATCH", path, """{"status":"investigating"}""")).Json.GetProperty("status").GetString(), Is.EqualTo("investigating"));
        Assert.That((await AskAsync("PATCH", path, """{"status":"open"}""")).Problem, Is.EqualTo((409, "incident_state")));
        var closed = (await AskAsync("PATCH", path, """{"status":"closed","root_cause":"A full disk","links":["https://wiki/pay"]}""")).Json;
        Assert.That((closed.GetProperty("status").GetString(), closed.GetProperty("root_cause").GetString(), closed.GetProperty("timeline").GetArrayLength()), Is.EqualTo(("closed", "A full disk", 6)));
        Assert.That((await AskAsync("GET", $"{incidents}/figures")).Json.GetProperty("mttr_seconds").GetDouble(), Is.GreaterThanOrEqualTo(0));
        Assert.That((await AskAsync("POST", incidents, "{}")).Problem, Is.EqualTo((400, "invalid_incident")));
        Assert.That((await AskAsync("POST", incidents, """{"title":"By hand"}""")).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await AskAsync("GET", $"{incidents}?status=open")).Json.GetProperty("items")[0].GetProperty("title").GetString(), Is.EqualTo("By hand"));
        Assert.That((await AskAsync("GET", $"{incidents}/99")).Problem, Is.EqualTo((404, "incident_not_found")));
    }

    [Test]
    public async Task A_link_acknowledges_by_its_button_alone()
    {
        await PostAlertAsync("Linked", "critical");
        var id = await IdOfAsync("Linked");
        var path = $"/alerts/acknowledge/{_engine.Host.Alerting.Links.TokenOf(id)}";
        Assert.That(_engine.Host.Alerting.Links.Of(id), Is.EqualTo($"https://alerts.shop.example{path}"));
        var page = await _engine.GetAsync(path, key: null);
        Assert.That(page.Body, Does.Contain("<form method=\"post\"><button>Acknowledge</button>"));
        Assert.That((await AskAsync("GET", $"{Alerts}/{id}")).Json.GetProperty("acknowledged").GetBoolean(), Is.False, "a scanner follows links");
        Assert.That((await _engine.PostAsync(path, "", key: null)).Body, Does.Contain("<h1>Acknowledged</h1>"));
        Assert.That((await AskAsync("GET", $"{Alerts}/{id}")).Json.GetProperty("acknowledged").GetBoolean(), Is.True);
        Assert.That((await _engine.GetAsync($"{path[..^2]}AA", key: null)).Problem, Is.EqualTo((404, "alert_not_found")), "it is signed");
        Assert.That((await _engine.GetAsync("/alerts/acknowledge/x", key: null)).Problem, Is.EqualTo((404, "alert_not_found")));
    }

    [Test]
    public async Task Alerts_of_another_program_are_checked()
    {
        Assert.That((await AskAsync("POST", "/api/v2/alerts", """[{"labels":{}}]""")).Problem, Is.EqualTo((400, "invalid_alert")));
        Assert.That((await AskAsync("POST", "/api/v2/alerts", """[{"labels":{"1x":"a"}}]""")).Problem, Is.EqualTo((400, "invalid_alert")));
        Assert.That((await AskAsync("POST", "/api/v2/alerts", """[{"labels":{"a":"b"},"startsAt":"2026-01-02T00:00:00Z","endsAt":"2026-01-01T00:00:00Z"}]""")).Problem, Is.EqualTo((400, "invalid_alert")));
    }

    [Test]
    public async Task The_state_and_the_rules_survive_a_restart()
    {
        using var scratch = new Scratch();
        string silence, rule;
        await using (var first = await StartAsync(scratch.Folder))
        {
            using var users = new TestUsers(first);
            var user = await users.NewAsync(new Grant("operator", null));
            rule = (await first.PostAsync($"{Alerts}/rules", """{"rule_name":"kept","expression":"vector(1) > 0","interval":1}""", key: null, user)).Json.GetProperty("id").GetString()!;
            silence = (await first.PostAsync("/api/v2/silences", $$"""{"matchers":[{"name":"a","value":"b","isRegex":false}],"endsAt":"{{TimeProvider.System.GetUtcNow().AddHours(1):o}}"}""", key: null, user)).Json.GetProperty("silenceID").GetString()!;
            await Eventually.Is(() => first.Host.Alerting.Alerts.Firing == 1, "the rule fires");
        }

        await using var second = await StartAsync(scratch.Folder);
        Assert.That(second.Host.Alerting.Managed.Find(rule), Is.Not.Null);
        Assert.That(second.Host.Alerting.Alerts.Read((_, silences, _) => silences.Find(silence)), Is.Not.Null);
        Assert.That(second.Host.Alerting.Alerts.Firing, Is.EqualTo(1));
        await Eventually.Is(() => second.Host.Alerting.Rules.Groups.Any(group => group.LastEvaluation > 0 && group.Rules[0].State == AlertState.Firing), "it goes on");
        Assert.That(second.Host.Alerting.Alerts.Read((log, _, _) => log.History(null, null, 10, 0).Total), Is.EqualTo(1), "it is the same alert");

        static Task<InProcessEngine> StartAsync(string data) => InProcessEngine.StartAsync(config => config.Data = data);
    }

    [Test]
    public async Task Rules_see_the_engines_own_metrics_and_their_alerts_become_series()
    {
        using var scratch = new Scratch();
        scratch.Write("rules.yml", """
            groups:
            - name: g
              interval: 1s
              rules:
              - {record: "job:memory", expr: 'sum by (job) (process_resident_memory_bytes{job="cartrecovery"})'}
              - {alert: Alive, expr: 'job:memory > 0', annotations: {summary: "{{ $labels.job }} uses {{ $value | humanize1024 }}B"}}
            """);
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Monitoring.Interval = Engine.Configuration.Values.Duration.FromSeconds(1);
            config.Monitoring.Alerts.Rules = [scratch.PathOf("rules.yml")];
        });
        await Eventually.Is(() => engine.Host.Alerting.Alerts.Firing == 1, "the rule sees the memory");
        var alert = engine.Host.Alerting.Alerts.Read((log, _, _) => log.Active.Single());
        Assert.That((alert.Name, alert.Labels["job"], alert.Value > 1_000_000), Is.EqualTo(("Alive", "cartrecovery", true)));
        Assert.That(alert.Annotations["summary"], Does.Match(@"^cartrecovery uses \d.*B$"));
        var series = (PromVector)engine.Host.Alerting.Queries.Evaluate(PromQuery.Parse("""ALERTS{alertname="Alive",alertstate="firing"}"""), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.That(series.Samples, Has.Count.EqualTo(1));
        Assert.That(engine.Host.Alerting.Rules.Counters.Failures, Is.Zero);
    }

    [Test]
    public async Task A_file_with_a_mistake_is_named_by_health_and_the_engine_starts()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch.PathOf("rules.yml"), "groups: [{name: g, rules: [{alert: A, expr: 'rate(m)'}]}]");
        await using var engine = await InProcessEngine.StartAsync(config => config.Monitoring.Alerts.Rules = [scratch.PathOf("rules.yml")]);
        Assert.That(engine.Host.Alerting.Problem, Does.Contain("rules.yml:1:").And.Contain("could not parse expression"));
        File.WriteAllText(scratch.PathOf("rules.yml"), "groups: [{name: g, interval: 1s, rules: [{alert: Repaired, expr: 'vector(1)'}]}]");
        engine.Host.Alerting.Look();
        Assert.That(engine.Host.Alerting.Problem, Is.Null);
        await Eventually.Is(() => engine.Host.Alerting.Alerts.Firing == 1, "the repaired rule fires");
    }

    async Task PostAlertAsync(string name, string severity) => Assert.That(
        (await AskAsync("POST", "/api/v2/alerts", $$$"""[{"labels":{"alertname":"{{{name}}}","severity":"{{{severity}}}"},"annotations":{"summary":"{{{name}}}"}}]""")).Status, Is.EqualTo(HttpStatusCode.OK));

    async Task<string> IdOfAsync(string name) => (await AskAsync("GET", Alerts)).Json.EnumerateArray().First(alert => alert.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;

    string Amtool(params string[] arguments)
    {
        var start = new ProcessStartInfo("amtool", [$"--alertmanager.url={_engine.Http.BaseAddress}", $"--http.config.file={_scratch.PathOf("http.yml")}", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero, () => $"amtool {string.Join(' ', arguments)}:\n{output}{errors.Result}");
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.That(Environment.GetEnvironmentVariable("CI"), Is.Null.Or.Empty, "amtool is not installed: apt-get install prometheus-alertmanager");
            Assert.Inconclusive("amtool is not installed: apt-get install prometheus-alertmanager");
            return "";
        }
    }

    async Task<ApiAnswer> AskAsync(string method, string path, string? body = null)
    {
        using var content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await _engine.AskAsync(new HttpMethod(method), path, content, key: null, _operator);
    }
}
