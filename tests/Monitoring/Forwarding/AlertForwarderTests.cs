using System.Text.Json;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Forwarding;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Monitoring.Receivers;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Forwarding;

public sealed class AlertForwarderTests
{
    const long Now = 1_700_000_000_000;

    readonly ManualTime _time = new(Now);
    NoticeReceiverServer _server = null!;

    [SetUp]
    public void StartServer() => _server = new NoticeReceiverServer();

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task An_alert_is_posted_as_Prometheus_posts_it()
    {
        await using var forwarder = Create(new AlertmanagerTargetConfig { Url = $"{_server.Url}/am/", Token = "t0k", Labels = { ["cluster"] = "a", ["severity"] = "never" } });
        forwarder.Send([Alert("Slow", endsAt: Now + 240_000)]);
        await Eventually.Is(() => forwarder.Clients[0].Sent == 1, "it arrives");
        var request = _server.Requests.Single();
        Assert.That((request.Line, request.Headers["Authorization"], request.Headers["Content-Type"]), Is.EqualTo(("POST /am/api/v2/alerts", "Bearer t0k", "application/json")));
        Assert.That(request.Body, Is.EqualTo("""
            [{"labels":{"alertname":"Slow","cluster":"a","severity":"critical"},"annotations":{"summary":"s"},"startsAt":"2023-11-14T22:13:20.000Z","endsAt":"2023-11-14T22:17:20.000Z","generatorURL":"http://g"}]
            """));
    }

    [Test]
    public async Task Alerts_go_in_order_and_at_most_64_a_request()
    {
        await using var forwarder = Create(new AlertmanagerTargetConfig { Url = _server.Url, Username = "u", Password = "p" });
        forwarder.Send([.. Enumerable.Range(0, 200).Select(i => Alert($"A{i:D3}", Now + 1000))]);
        await Eventually.Is(() => forwarder.Clients[0].Sent == 200, "all arrive");
        var sent = _server.Requests.Select(request => JsonDocument.Parse(request.Body).RootElement.EnumerateArray().Select(alert => alert.GetProperty("labels").GetProperty("alertname").GetString()).ToList()).ToList();
        Assert.That(sent.Select(batch => batch.Count), Has.All.LessThanOrEqualTo(64));
        Assert.That(sent.SelectMany(batch => batch), Is.Ordered.And.Exactly(200).Items);
        Assert.That(_server.Requests[0].Headers["Authorization"], Is.EqualTo("Basic dTpw"));
    }

    [Test]
    public async Task A_failed_request_is_counted_named_and_not_repeated()
    {
        _server.Status = number => number == 1 ? 503 : 200;
        await using var forwarder = Create(new AlertmanagerTargetConfig { Url = _server.Url });
        forwarder.Send([Alert("First", Now + 1000)]);
        await Eventually.Is(() => forwarder.Clients[0].Failed == 1, "it fails");
        Assert.That(forwarder.Problem, Is.EqualTo($"alerts do not reach the Alertmanager {new Uri(_server.Url).Authority}: it answered 503"));
        forwarder.Send([Alert("Second", Now + 1000)]);
        await Eventually.Is(() => forwarder.Clients[0].Sent == 1, "the next one arrives");
        Assert.That(forwarder.Problem, Is.Null);
        Assert.That(_server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task An_Alertmanager_that_is_away_does_not_delay_another_and_a_full_queue_drops_the_oldest()
    {
        await using var forwarder = Create(
            new AlertmanagerTargetConfig { Url = "http://192.0.2.1:9", Timeout = Duration.FromMinutes(1) }, new AlertmanagerTargetConfig { Url = _server.Url });
        forwarder.Send([Alert("First", Now + 1000)]);
        await Eventually.Is(() => forwarder.Clients[1].Sent == 1 && forwarder.Clients[0].Depth == 0, "the other one has it");
        var (away, excess) = (forwarder.Clients[0], 5);
        away.Enqueue([.. Enumerable.Range(0, AlertmanagerClient.MaxQueue + excess).Select(i => Alert($"A{i}", Now + 1000))]);

        // A machine without a route fails at once, and sends the next ones.
        Assert.That(away.Failed + away.Dropped >= excess && away.Depth <= AlertmanagerClient.MaxQueue);
    }

    [Test]
    public async Task An_alert_that_waited_past_its_end_is_not_sent_but_a_resolved_one_is()
    {
        await using var forwarder = Create(new AlertmanagerTargetConfig { Url = _server.Url });
        forwarder.Send([Alert("Outdated", Now - 1), Alert("Resolved", Now - 1) with { IsResolved = true }]);
        await Eventually.Is(() => forwarder.Clients[0].Sent == 1, "the resolved one arrives");
        Assert.That(_server.Requests.Single().Body, Does.Contain("Resolved").And.Not.Contain("Outdated"));
        Assert.That(forwarder.Clients[0].Dropped, Is.EqualTo(1));
    }

    AlertForwarder Create(params AlertmanagerTargetConfig[] targets) => new(targets, ".", _time);

    static AlertMessage Alert(string name, long endsAt) =>
        new(SeriesLabels.Of([new("alertname", name), new("severity", "critical")]), SeriesLabels.Of([new("summary", "s")]), Now, endsAt, false, "http://g");
}
