using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Messages;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>What the binary renders. Native code lacks reflection, which a filter may depend on unnoticed.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class MessagePreviewTests
{
    const string Costly = "{% assign n = 10000 %}{% assign l = (1..n) | join: ',' | split: ',' %}{{ l | sort | sort_natural | sort | sort_natural | first }}";

    const int StepsPerCampaign = 16;

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task Every_documented_filter_works_in_the_binary()
    {
        await using var engine = await StartAsync([.. FilterSamples.All.Select(sample => sample.Template)]);
        for (var i = 0; i < FilterSamples.All.Length; i++)
        {
            var (filter, _, expected) = FilterSamples.All[i];
            Assert.That(await PreviewAsync(engine, $"{{\"step\":{(i % StepsPerCampaign) + 1}}}", i / StepsPerCampaign), Is.EqualTo(expected.Replace("€", "$").Replace("EUR", "USD")), filter);
        }

        await engine.StopAsync();
    }

    [Test]
    public async Task The_fields_of_products_are_seen_by_filters_in_the_binary()
    {
        await using var engine = await StartAsync(
            "{{ cart.lines | sum: 'total' | money }} {{ cart.lines | sum: 'quantity' }}", "{{ cart.lines | sort: 'total' | map: 'name' | json }}", Costly);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using var body = new StringContent($$$"""
            [{"id":"p1","type":"add_to_cart","cartId":"c1","ts":{{{now}}},"productId":"p1","quantity":2,"price":10,"currency":"EUR","meta":{"name":"Shoe"}},
             {"id":"p2","type":"add_to_cart","cartId":"c1","ts":{{{now}}},"productId":"p2","quantity":1,"price":5,"currency":"EUR","meta":{"name":"Hat"}}]
            """);
        using var sent = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(sent.StatusCode, Is.EqualTo(HttpStatusCode.OK), await sent.Content.ReadAsStringAsync());
        Assert.That(await PreviewAsync(engine, """{"step":1,"cartId":"c1"}"""), Is.EqualTo("€25.00 3"));
        Assert.That(await PreviewAsync(engine, """{"step":2,"cartId":"c1"}"""), Is.EqualTo("""["Hat","Shoe"]"""));
        Assert.That(await PreviewAsync(engine, """{"step":3}"""),
            Is.EqualTo("This message would not be sent: the template takes more than 500000 units of work."));
        await engine.StopAsync();
    }

    Task<RunningEngine> StartAsync(params string[] messages)
    {
        var campaigns = messages.Chunk(StepsPerCampaign).Select((chunk, i) =>
        {
            var steps = chunk.Select((message, j) =>
                $$"""{ {{(j == 0 ? "" : "wait: 1h, ")}}channel: socket, action: { type: reminder }, message: {{JsonSerializer.Serialize(message)}} }""");
            return $$"""{ name: left{{i}}, trigger: { idle: 1h }, steps: [{{string.Join(", ", steps)}}] }""";
        });
        return RunningEngine.StartAsync(_scratch, new EngineConfig { Campaigns = $"[{string.Join(", ", campaigns)}]" });
    }

    static async Task<string> PreviewAsync(RunningEngine engine, string json, int campaign = 0)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await engine.Http.PostAsync($"/v1/campaigns/left{campaign}/preview", body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        using var document = JsonDocument.Parse(text);
        Assert.That(document.RootElement.GetProperty("decidedAt").GetString(), Does.EndWith("Z"));
        return document.RootElement.GetProperty("message").GetString()!;
    }
}
