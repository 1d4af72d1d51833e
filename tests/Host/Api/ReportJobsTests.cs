using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.State;
using CartRecovery.Host.Jobs;
using CartRecovery.Tests.Configuration;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The daily and weekly reports, delivered through a sink.</summary>
[TestFixture]
sealed class ReportJobsTests
{
    [Test]
    public async Task Reports_have_the_figures_of_the_analytics_and_are_delivered()
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(scratch.PathOf("reports.ndjson")));
            config.Sinks["ops"] = sink;
            config.Reports = new ReportsConfig { Sink = "ops" };
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        });
        await engine.PostAsync("/v1/events", EventJson.Array(EventJson.Of("c1", "add_to_cart", ",\"productId\":\"p\",\"price\":5"), EventJson.Of("c1", "begin_checkout")));
        await engine.PostAsync("/v1/events", EventJson.Of("c1", "purchase", ",\"orderId\":\"o1\",\"value\":1234.5"));
        var channel = (await engine.GetAsync("/v1/analytics/channels?from=2d")).Json.GetProperty("items")[0];
        var currency = (await engine.GetAsync("/v1/analytics/revenue?from=2d")).Json.GetProperty("byCurrency")[0];

        var today = new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var text = StoreReport.Write(engine.Host.Reports, "demo", engine.Host.Stores.Stores[0].Currency, today.AddDays(-1), today.AddDays(2), ExchangeRates.None);
        Assert.That(text, Does.Contain(string.Create(CultureInfo.InvariantCulture,
            $"{currency.GetProperty("orders").GetInt64()}, {currency.GetProperty("revenue").GetDouble():#,##0.00} {currency.GetProperty("currency").GetString()}")).And.Contain(", 1,234.50 "));
        Assert.That(text, Does.Contain($"socket: planned {channel.GetProperty("planned").GetInt64()}, "));

        using var users = new TestUsers(engine);
        var access = await users.NewAsync(new Grant("operator", null));
        foreach (var job in new[] { "report-daily", "report-weekly" })
        {
            var started = await engine.PostAsync($"/v1/jobs/{job}/run", "", key: null, access);
            var path = $"/v1/jobs/{job}/runs/{started.Json.GetProperty("runId").GetInt64()}";
            await Eventually.Is(() => engine.GetAsync(path, key: null, access).GetAwaiter().GetResult().Json.GetProperty("outcome").GetString() is "succeeded" or "failed", "it runs");
            Assert.That((await engine.GetAsync(path, key: null, access)).Json.GetProperty("report").GetString(), Does.EndWith("""stores":1,"sent":1}"""));
        }

        await Eventually.Is(() => Sent().Contains("weekly report", StringComparison.Ordinal), "it is delivered");
        Assert.That(Sent(), Does.Contain("daily report").And.Contain("Store demo"));

        string Sent() => File.Exists(scratch.PathOf("reports.ndjson")) ? File.ReadAllText(scratch.PathOf("reports.ndjson")) : "";
    }

    [TestCase("{ sink: post, to: [a@shop.example, b@shop.example] }", null)]
    [TestCase("{ sink: log }", null)]
    [TestCase("{ sink: post }", "reports.to must be")]
    [TestCase("{ sink: post, to: [a@shop.example, b] }", "reports.to must be")]
    [TestCase("{ sink: log, to: [a@shop.example] }", "reports.to has no effect")]
    [TestCase("{ sink: lgo }", "reports.sink: unknown sink 'lgo'")]
    public void Reports_go_to_a_sink_that_can_take_them(string reports, string? problem) => Assert.That(
        ConfigFile.ProblemsOf($"reports: {reports}\nsinks: {{ post: {{ type: mail }}, log: {{ type: file, path: a }} }}\n"), problem is null ? Is.Empty : Has.One.Contain(problem));
}
