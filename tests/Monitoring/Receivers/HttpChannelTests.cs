using System.Text.Json;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Receivers;

namespace CartRecovery.Tests.Monitoring.Receivers;

public sealed class HttpChannelTests
{
    const long Start = 1_700_000_000_000;

    NoticeReceiverServer _server = null!;

    [SetUp]
    public void StartServer() => _server = new NoticeReceiverServer();

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task A_webhook_gets_Alertmanagers_fourth_version()
    {
        var verdict = await SendAsync($$"""webhook_configs: [{url: "{{_server.Url}}/hook?a=b", max_alerts: 2, http_config: {authorization: {credentials: s3cret} } }]""", firing: 3, resolved: 0);
        Assert.That(verdict.Outcome, Is.EqualTo(NoticeOutcome.Delivered));
        var request = _server.Requests.Single();
        Assert.That((request.Line, request.Headers["Authorization"], request.Headers["Content-Type"]), Is.EqualTo(("POST /hook?a=b", "Bearer s3cret", "application/json")));
        Assert.That(request.Headers["Idempotency-Key"], Does.Match("^notice_[0-9a-f]{32}$"));
        using var json = JsonDocument.Parse(request.Body);
        var root = json.RootElement;
        Assert.That(root.EnumerateObject().Select(p => p.Name), Is.EqualTo(new[]
            { "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations", "externalURL", "alerts" }));
        Assert.That(root.GetProperty("version").GetString(), Is.EqualTo("4"));
        Assert.That(root.GetProperty("truncatedAlerts").GetInt32(), Is.EqualTo(1));
        Assert.That(root.GetProperty("status").GetString(), Is.EqualTo("firing"));
        Assert.That(root.GetProperty("groupLabels").GetRawText(), Is.EqualTo("""{"alertname":"Slow"}"""));
        Assert.That(root.GetProperty("commonLabels").GetRawText(), Is.EqualTo("""{"alertname":"Slow","severity":"critical"}"""));
        var alert = root.GetProperty("alerts")[0];
        Assert.That(alert.GetProperty("startsAt").GetString(), Is.EqualTo("2023-11-14T22:13:20.000Z"));
        Assert.That(alert.GetProperty("endsAt").GetString(), Is.EqualTo("0001-01-01T00:00:00Z"), "while it fires");
        Assert.That(alert.GetProperty("labels").GetProperty("instance").GetString(), Is.EqualTo("0"));
        Assert.That(alert.GetProperty("fingerprint").GetString(), Does.Match("^[0-9a-f]{16}$"));
    }

    [Test]
    public async Task Slack_gets_an_attachment_without_markup_from_labels()
    {
        await SendAsync("slack_configs: [{channel: '#ops', send_resolved: true}]", firing: 1, resolved: 0, global: $"slack_api_url: '{_server.Url}/slack'");
        using var json = JsonDocument.Parse(_server.Requests.Single().Body);
        var attachment = json.RootElement.GetProperty("attachments")[0];
        Assert.That(json.RootElement.GetProperty("channel").GetString(), Is.EqualTo("#ops"));
        Assert.That(attachment.GetProperty("title").GetString(), Is.EqualTo("[FIRING:1] Slow (0 critical)"));
        Assert.That(attachment.GetProperty("color").GetString(), Is.EqualTo("danger"));
        Assert.That(attachment.GetProperty("text").GetString(), Does.Contain("&lt;!channel&gt; is slow").And.Contain("https://wiki.shop.example/slow"));
    }

    [Test]
    public async Task Templates_write_the_texts_with_their_markup_and_without_that_of_labels()
    {
        await SendAsync("""slack_configs: [{channel: '#ops', send_resolved: true, title: '{{ .Status | toUpper }} {{ len .Alerts.Firing }}/{{ len .Alerts }} {{ .GroupLabels.SortedPairs.Values | join "," }}', text: '{{ range .Alerts }}<https://shop|{{ .Labels.alertname }}> {{ .Status }} {{ .Annotations.summary }} {{ .Labels.missing }};{{ end }}', fallback: '{{ template "__subject" . }}'}]""", firing: 1, resolved: 1, global: $"slack_api_url: '{_server.Url}/slack'");
        using var json = JsonDocument.Parse(_server.Requests.Single().Body);
        var attachment = json.RootElement.GetProperty("attachments")[0];
        Assert.That(attachment.GetProperty("title").GetString(), Is.EqualTo("FIRING 1/2 Slow"));
        Assert.That(attachment.GetProperty("text").GetString(), Does.StartWith("<https://shop|Slow> firing ").And.Contain("&lt;!channel&gt; is slow").And.Contain("<https://shop|Slow> resolved ").And.Not.Contain("no value"));
        Assert.That(attachment.GetProperty("fallback").GetString(), Does.StartWith("[FIRING:1] Slow"));
    }

    [Test]
    public async Task A_template_that_fails_sends_the_built_in_text_with_the_reason()
    {
        await SendAsync($$$"""pagerduty_configs: [{routing_key: r0, url: "{{{_server.Url}}}/v2/enqueue", description: '{{ index .Alerts 99 }}'}]""", firing: 1, resolved: 0);
        using var json = JsonDocument.Parse(_server.Requests.Single().Body);
        Assert.That(json.RootElement.GetProperty("payload").GetProperty("summary").GetString(), Does.StartWith("[FIRING:1] Slow").And.Contain("(the template of description failed: can't index"));
    }

    [Test]
    public async Task PagerDuty_gets_a_trigger_and_a_resolve_with_one_key()
    {
        var config = $$"""pagerduty_configs: [{routing_key: r0, url: "{{_server.Url}}/v2/enqueue"}]""";
        await SendAsync(config, firing: 2, resolved: 1);
        await SendAsync(config, firing: 0, resolved: 3);
        var events = _server.Requests.Select(request => JsonDocument.Parse(request.Body).RootElement).ToList();
        Assert.That(events.Select(e => e.GetProperty("event_action").GetString()), Is.EqualTo(new[] { "trigger", "resolve" }));
        Assert.That(events.Select(e => e.GetProperty("routing_key").GetString()), Is.All.EqualTo("r0"));
        Assert.That(events[0].GetProperty("dedup_key").GetString(), Is.EqualTo(events[1].GetProperty("dedup_key").GetString()).And.Length.EqualTo(64));
        Assert.That(events[0].GetProperty("payload").GetProperty("severity").GetString(), Is.EqualTo("critical"));
        Assert.That(events[0].GetProperty("payload").GetProperty("summary").GetString(), Does.StartWith("[FIRING:2] Slow (critical): <!channel> is slow"));
        Assert.That(events[0].GetProperty("payload").GetProperty("custom_details").GetProperty("num_resolved").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Opsgenie_gets_an_alert_that_is_closed_by_its_alias()
    {
        var config = $$"""opsgenie_configs: [{api_key: k, api_url: "{{_server.Url}}", tags: "a, b", responders: [{name: ops, type: team}]}]""";
        await SendAsync(config, firing: 1, resolved: 0);
        await SendAsync(config, firing: 0, resolved: 1);
        var requests = _server.Requests;
        using var json = JsonDocument.Parse(requests[0].Body);
        var alias = json.RootElement.GetProperty("alias").GetString();
        Assert.That(requests.Select(request => request.Line), Is.EqualTo(new[] { "POST /v2/alerts", $"POST /v2/alerts/{alias}/close?identifierType=alias" }));
        Assert.That(requests.Select(request => request.Headers["Authorization"]), Is.All.EqualTo("GenieKey k"));
        Assert.That(json.RootElement.GetProperty("priority").GetString(), Is.EqualTo("P1"));
        Assert.That(json.RootElement.GetProperty("tags").GetRawText(), Is.EqualTo("""["a","b"]"""));
        Assert.That(json.RootElement.GetProperty("responders").GetRawText(), Is.EqualTo("""[{"name":"ops","type":"team"}]"""));
    }

    [TestCase(200, NoticeOutcome.Delivered)]
    [TestCase(202, NoticeOutcome.Delivered)]
    [TestCase(302, NoticeOutcome.Rejected)]
    [TestCase(400, NoticeOutcome.Rejected)]
    [TestCase(404, NoticeOutcome.Rejected)]
    [TestCase(408, NoticeOutcome.Retry)]
    [TestCase(429, NoticeOutcome.Retry)]
    [TestCase(503, NoticeOutcome.Retry)]
    public async Task The_answer_decides(int status, NoticeOutcome outcome)
    {
        (_server.Status, _server.RetryAfter) = (_ => status, "7");
        var verdict = await SendAsync($$"""webhook_configs: [{url: "{{_server.Url}}"}]""", firing: 1, resolved: 0);
        Assert.That(verdict.Outcome, Is.EqualTo(outcome));
        Assert.That(verdict.After, Is.EqualTo(outcome == NoticeOutcome.Retry ? TimeSpan.FromSeconds(7) : null));
    }

    [Test]
    public async Task A_receiver_that_is_not_there_is_tried_again_and_its_address_is_not_told()
    {
        var url = _server.Url;
        await _server.DisposeAsync();
        var verdict = await SendAsync($$"""webhook_configs: [{url: "{{url}}/s3cret"}]""", firing: 1, resolved: 0);
        Assert.That(verdict, Is.EqualTo(NoticeVerdict.Retry("could not connect")));
    }

    [TestCase("pagerduty_configs: [{service_key: k}]", "service_key is of the Events API v1")]
    [TestCase("pagerduty_configs: [{}]", "pagerduty_configs needs 'routing_key'")]
    [TestCase("slack_configs: [{channel: c}]", "slack_configs needs 'api_url' or 'api_url_file'")]
    [TestCase("webhook_configs: [{url: 'ftp://a'}]", "expected an address with http:// or https://")]
    [TestCase("webhook_configs: [{url_file: /nowhere/url}]", "url_file: cannot be read")]
    [TestCase("webhook_configs: [{url: 'http://a', max_alerts: x}]", "max_alerts: expected a number")]
    [TestCase("email_configs: [{to: a@b}]", "no sink of type email")]
    [TestCase("sms_configs: [{to: '+4912345', sink: s}]", "there is no sink \"s\"")]
    [TestCase("opsgenie_configs: [{api_key: k, responders: [{type: team}]}]", "number 1 needs 'id', 'name' or 'username'")]
    public void Settings_that_cannot_work_are_reported_with_their_place(string receiver, string message)
    {
        Channels(receiver, "", out _, out var problems);
        Assert.That(problems.Single().ToString(), Does.StartWith("am.yml:5:").And.Contain(message));
    }

    static async Task<NoticeVerdict> SendAsync(string receiver, int firing, int resolved, string global = "")
    {
        var channels = Channels(receiver, global, out var config, out var problems);
        Assert.That(problems, Is.Empty);
        await using var channel = channels.Values.Single();
        List<AlertMessage> alerts = [.. Enumerable.Range(0, firing).Select(i => Message(i, false)), .. Enumerable.Range(firing, resolved).Select(i => Message(i, true))];
        var notice = new Notice(config.Receivers["ops"].Integrations[0], "0:{alertname=\"Slow\"}", SeriesLabels.Empty.With("alertname", "Slow"), alerts);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await channel.SendAsync(notice, timeout.Token);
    }

    static IReadOnlyDictionary<string, INoticeChannel> Channels(
        string receiver, string global, out AlertmanagerConfig config, out IReadOnlyList<Engine.Configuration.ConfigProblem> problems)
    {
        var file = AlertmanagerConfigReader.Parse($"global: {{{global}}}\nroute: {{receiver: ops}}\nreceivers:\n- name: ops\n  {receiver}\n", "am.yml");
        Assert.That(file.Problems, Is.Empty);
        config = file.Config!;
        return new NoticeChannels([], "http://127.0.0.1:8080", TimeProvider.System).Create(config, "am.yml", out problems);
    }

    static AlertMessage Message(int i, bool isResolved) => new(SeriesLabels.Of("", "alertname", "Slow", "severity", "critical", "instance", $"{i}"),
        SeriesLabels.Of("", "summary", "<!channel> is slow", "runbook_url", "https://wiki.shop.example/slow"), Start, isResolved ? Start + 60_000 : long.MaxValue, isResolved, "http://g");
}
