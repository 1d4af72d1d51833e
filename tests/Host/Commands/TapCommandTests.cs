using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Host.Commands.Maintenance;
using CartRecovery.Host.Commands.Monitoring;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Commands;

/// <summary>Follows events, decisions and deliveries of a running engine, over its HTTP API and with <c>tap</c>.</summary>
[TestFixture]
public sealed class TapCommandTests
{
    const string Other = "sk_other", User = "zoe@shop.example", Cart = "cart-of-zoe";

    Scratch _scratch = null!;
    InProcessEngine _engine = null!;
    HttpClient _http = null!;
    StoreClient _client = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(Other, KeyKind.Secret)] });
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(_scratch.PathOf("sent.ndjson")));
            config.Sinks["out"] = sink;
            var campaign = InProcessEngine.Answering("begin_checkout", $"Hello {User}");
            (campaign.Name, campaign.Channel) = ("greeting", "out");
            config.Decisions.Campaigns.Add(campaign);
        });
        _http = new HttpClient { BaseAddress = _engine.Http.BaseAddress };
        _http.DefaultRequestHeaders.Add("X-Api-Key", InProcessEngine.Secret);
        _client = new StoreClient(_http);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _http.Dispose();
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task Events_of_the_store_are_followed_with_masked_ids_and_nothing_else_of_a_person()
    {
        var begin = await NextAsync("/v1/tap/events");
        await SendAsync("add_to_cart", ",\"productId\":\"p1\",\"price\":2.5,\"quantity\":2,\"currency\":\"EUR\",\"meta\":{\"note\":\"for zoe\"}");
        await _engine.PostAsync("/v1/events", EventJson.Of("theirs"), Other);

        var answer = await _engine.GetAsync($"/v1/tap/events?cursor={begin.Next}");
        var item = answer.Json.GetProperty("events").EnumerateArray().Single();
        Assert.That((item.GetProperty("type").GetString(), item.GetProperty("productId").GetString(), item.GetProperty("quantity").GetDecimal(), item.GetProperty("price").GetDecimal()),
            Is.EqualTo(("add_to_cart", "p1", 2m, 2.5m)));
        Assert.That(item.GetProperty("userId").GetString(), Is.Not.Empty);
        Assert.That(answer.Body, Does.Not.Contain("zoe"));
        Assert.That((await NextAsync($"/v1/tap/events?cursor={answer.Json.GetProperty("next").GetString()}")).Items, Is.Zero);
    }

    [Test]
    public async Task A_type_selects_events_and_a_limit_skips_the_others()
    {
        var begin = await NextAsync("/v1/tap/events");
        await SendAsync("view_item", ",\"productId\":\"p1\"");
        await SendAsync("add_to_cart", ",\"productId\":\"p1\",\"price\":1");
        await SendAsync("view_item", ",\"productId\":\"p2\"");
        Assert.That((await NextAsync($"/v1/tap/events?type=view_item&cursor={begin.Next}")).Items, Is.EqualTo(2));
        Assert.That((await NextAsync($"/v1/tap/events?type=purchase&cursor={begin.Next}")).Items, Is.Zero);

        var limited = await _engine.GetAsync($"/v1/tap/events?limit=1&cursor={begin.Next}");
        Assert.That(limited.Json.GetProperty("events").GetArrayLength(), Is.EqualTo(1));
        Assert.That(limited.Json.GetProperty("skippedBytes").GetInt64(), Is.GreaterThan(0));
    }

    [Test]
    public async Task A_cursor_of_another_store_or_engine_is_refused()
    {
        var begin = await NextAsync("/v1/tap/events");
        Assert.That((await _engine.GetAsync($"/v1/tap/events?cursor={begin.Next}", Other)).Problem, Is.EqualTo((400, "out_of_range")));
        Assert.That((await _engine.GetAsync("/v1/tap/events?cursor=0.0-0.0")).Problem, Is.EqualTo((400, "out_of_range")));
        Assert.That((await _engine.GetAsync("/v1/tap/events?sample=0")).Problem, Is.EqualTo((400, "out_of_range")));
    }

    [Test]
    public async Task Tap_prints_events_as_they_come_until_there_were_enough()
    {
        var printed = await TapAsync(new TapOptions { What = "events", Type = "view_item", Limit = 2 }, async () =>
        {
            await SendAsync("view_item", ",\"productId\":\"p8\"");
            await SendAsync("view_item", ",\"productId\":\"p9\"");
        });
        var lines = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.StartWith("type=view_item  cartId=").And.Contain("  productId=p8  ").And.Not.Contain("zoe"));
    }

    [Test]
    public async Task Tap_prints_decisions_and_deliveries_without_text_and_addressee()
    {
        foreach (var what in new[] { "decisions", "deliveries" })
        {
            var printed = await TapAsync(new TapOptions { What = what, Campaign = "greeting", Limit = 1, Json = true },
                () => SendAsync("begin_checkout", cart: $"{Cart}-{what}"));
            var row = JsonElement.Parse(printed);
            Assert.That((row.GetProperty("campaign").GetString(), row.GetProperty("channel").GetString()), Is.EqualTo(("greeting", "out")));
            Assert.That(row.TryGetProperty("decidedAt", out _), Is.EqualTo(what == "decisions"));
            Assert.That(printed, Does.Not.Contain("zoe"));
        }
    }

    [Test]
    public async Task Tap_ends_well_when_it_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        Assert.That(await TapCommand.RunAsync(new TapOptions { What = "events" }, _client, output, output, TimeProvider.System, stop.Token, stop.Cancel), Is.Zero);
        Assert.That(output.ToString(), Is.Empty);
    }

    [TestCase("events", "purchase", null, 1.0, 0, null)]
    [TestCase("carts", null, null, 1.0, 0, "unknown stream 'carts'; expected events, decisions or deliveries")]
    [TestCase("events", null, "greeting", 1.0, 0, "--campaign selects decisions and deliveries; events have --type")]
    [TestCase("decisions", "purchase", null, 1.0, 0, "--type and --sample select events; decisions and deliveries have --campaign")]
    [TestCase("events", null, null, 1.5, 0, "--sample: expected a number above 0, at most 1, got 1.5")]
    [TestCase("events", null, null, 1.0, -1, "--limit: expected 1 or more, got -1")]
    public void Wrong_options_are_named(string what, string? type, string? campaign, double sample, int limit, string? problem) =>
        Assert.That(TapCommand.ProblemOf(new TapOptions { What = what, Type = type, Campaign = campaign, Sample = sample, Limit = limit }), Is.EqualTo(problem));

    async Task<string> TapAsync(TapOptions options, Func<Task> act)
    {
        using var output = new StringWriter();
        using var notes = new StringWriter();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = TapCommand.RunAsync(options, _client, output, notes, new SkippingTime(TimeSpan.FromMilliseconds(500)), default, () => started.TrySetResult());
        await Task.WhenAny(started.Task, run).WaitAsync(Eventually.Deadline);
        await act();
        Assert.That(await run.WaitAsync(Eventually.Deadline), Is.Zero);
        Assert.That(notes.ToString(), Is.Empty);
        return output.ToString();
    }

    async Task<(int Items, string Next)> NextAsync(string path)
    {
        var answer = await _engine.GetAsync(path);
        return (answer.Json.GetProperty("events").GetArrayLength(), answer.Json.GetProperty("next").GetString()!);
    }

    Task SendAsync(string type, string more = "", string cart = Cart) => _engine.PostAsync("/v1/events", EventJson.Of(cart, type, $",\"userId\":\"{User}\"{more}"));
}
