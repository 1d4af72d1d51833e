using System.Text.Json;
using CartRecovery.Host.Commands.Maintenance;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Commands;

/// <summary>What a marketer does with campaigns from the command line, and the lists of a store.</summary>
[TestFixture]
public sealed class CampaignsCommandTests
{
    InProcessEngine _engine = null!;
    HttpClient _http = null!;
    StoreClient _client = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores[0].Staff = ["ada@shop.example"];
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout", "Still there, {{ cart_id }}?"));
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
    }

    string Campaign => _engine.Host.JourneyOptions.Campaigns[0].Name;

    [Test]
    public async Task A_campaign_is_paused_and_resumed()
    {
        Assert.That(await RunAsync("pause"), Is.EqualTo($"{Campaign} is paused\n"));
        using (var listed = JsonDocument.Parse(await RunAsync(new CampaignsOptions { Action = "list", Json = true })))
        {
            Assert.That((listed.RootElement.GetProperty("name").GetString(), listed.RootElement.GetProperty("pausedBy").GetString()), Is.EqualTo((Campaign, "api")));
        }

        Assert.That(await RunAsync("resume"), Is.EqualTo($"{Campaign} is active\n"));
    }

    [Test]
    public async Task A_message_is_shown_and_nothing_is_sent()
    {
        Assert.That(await RunAsync("preview"), Does.Contain("channel         socket\n").And.EndWith("\n\nStill there, sample?\n"));
        using var scratch = new Scratch();
        var page = scratch.PathOf("page.html");
        Assert.That(await RunAsync(new CampaignsOptions { Action = "preview", Campaign = Campaign, Out = page }), Is.EqualTo($"wrote {page}\n"));
        Assert.That(await File.ReadAllTextAsync(page), Does.StartWith("<!").And.Contain("Still there"));
    }

    [Test]
    public void What_the_engine_refuses_is_printed_with_its_code()
    {
        Assert.That(() => RunAsync(new CampaignsOptions { Action = "pause", Campaign = "gone" }), Throws.TypeOf<HttpRequestException>().With.Message.StartsWith("campaign_unknown: "));
        Assert.That(() => RunAsync(new CampaignsOptions { Action = "test", Campaign = Campaign, To = "eve@shop.example" }), Throws.TypeOf<HttpRequestException>().With.Message.StartsWith("not_staff: "));
        Assert.That(() => RunAsync(new CampaignsOptions { Action = "test", Campaign = Campaign, To = "ada@shop.example", Step = 1 }),
            Throws.TypeOf<HttpRequestException>().With.Message.StartsWith("channel_without_address: "));
    }

    [Test]
    public async Task A_list_is_read_over_its_pages()
    {
        var events = Enumerable.Range(0, 130).Select(i => EventJson.Of($"list{i}", "begin_checkout", ",\"value\":5"));
        using var content = new StringContent(EventJson.Array(events));
        (await _http.PostAsync("/v1/events", content)).EnsureSuccessStatusCode();
        Assert.That(await _client.ListAsync("/v1/carts", 1000), Has.Count.EqualTo(130));
        Assert.That((await _client.ListAsync("/v1/carts", 120)).DistinctBy(cart => cart.GetProperty("cartId").GetString()).Count(), Is.EqualTo(120));
        var rows = ListCommand.Rows(await _client.ListAsync("/v1/carts", 1), ["state", "value", "currency", "triggeredAt"]);
        Assert.That(rows[0], Is.EqualTo(new[] { "STATE", "VALUE", "CURRENCY", "TRIGGERED AT" }));
        Assert.That(rows[1][1..3], Is.EqualTo(new[] { "5", "USD" }));
    }

    Task<string> RunAsync(string action) => RunAsync(new CampaignsOptions { Action = action, Campaign = Campaign });

    async Task<string> RunAsync(CampaignsOptions options)
    {
        var output = new StringWriter { NewLine = "\n" };
        Assert.That(await CampaignsCommand.RunAsync(options, _client, output), Is.Zero);
        return output.ToString();
    }
}
