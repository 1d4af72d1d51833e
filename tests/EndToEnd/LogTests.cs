using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The log on standard error, as collectors and as people read it.</summary>
public sealed partial class LogTests
{
    [TestCase("")]
    [TestCase("log: { format: json }")]
    public async Task A_line_is_a_JSON_object_with_one_message_its_fields_and_the_events_name(string format)
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig { Durability = format });
        await engine.StopAsync();

        var lines = engine.Log.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var recovered = lines.First(line => line.GetProperty("event").GetString() == "partition_recovered");
        Assert.That(recovered.EnumerateObject().Select(property => property.Name),
            Is.EqualTo(new[] { "time", "level", "event", "category", "message", "partition", "events", "seconds", "rate" }));
        Assert.That(recovered.GetProperty("message").GetString(), Does.StartWith("Partition 0 recovered: 0 journal events in "));
        Assert.That((recovered.GetProperty("level").GetString(), recovered.GetProperty("partition").GetInt32(), recovered.GetProperty("events").GetInt64()),
            Is.EqualTo(("information", 0, 0L)));
        Assert.That(recovered.GetProperty("time").GetDateTimeOffset().Offset, Is.EqualTo(TimeSpan.Zero));
        Assert.That(engine.Log, Does.Contain("\"event\":\"started\"").And.Contain("\"event\":\"stopped\""));
        Assert.That(engine.Log.Split("Partition 0 recovered").Length, Is.EqualTo(2), "each text once");
    }

    [Test]
    public async Task Each_answer_names_its_trace_that_of_the_request_if_it_has_one()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/live");
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
        using var traced = await engine.Http.SendAsync(request);
        Assert.That(traced.Headers.GetValues("X-Trace-Id"), Is.EqualTo(new[] { "4bf92f3577b34da6a3ce929d0e0e4736" }));
        foreach (var (sent, trace) in new[]
        {
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true), ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra", true),
            ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-", true), ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra", false),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.extra", false), ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false), ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false), ("x", false),
        })
        {
            using var any = new HttpRequestMessage(HttpMethod.Get, "/live");
            any.Headers.Add("traceparent", sent);
            any.Headers.Add("Request-Id", "|abc.1.");
            using var answer = await engine.Http.SendAsync(any);
            Assert.That(answer.Headers.GetValues("X-Trace-Id").Single(), trace ? Is.EqualTo("4bf92f3577b34da6a3ce929d0e0e4736") : Does.Match("^[0-9a-f]{32}$").And.Not.Match("^0+$").And.Not.StartsWith("4bf92f35"), sent);
        }

        using var first = await engine.Http.GetAsync(new Uri("/v1/nowhere", UriKind.Relative));
        using var second = await engine.Http.GetAsync(new Uri("/v1/nowhere", UriKind.Relative));
        Assert.That(first.Headers.GetValues("X-Trace-Id").Single(), Does.Match("^[0-9a-f]{32}$").And.Not.EqualTo(second.Headers.GetValues("X-Trace-Id").Single()));
    }

    [Test]
    public async Task Text_is_a_line_for_each_entry_whatever_a_client_sends()
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig { Durability = "log: { format: text }" });
        await engine.StopAsync();

        Assert.That(engine.Log.TrimEnd().Split('\n'), Has.All.Match(TextLine()).And.Some.Contains(" info  partition_recovered: Partition 0 recovered: "));
        Assert.That(engine.Log, Does.Not.Contain("\e["), "no colours where it is no terminal");
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (trace|debug|info |warn |error|crit ) [a-z_]+: .+$")]
    private static partial Regex TextLine();
}
