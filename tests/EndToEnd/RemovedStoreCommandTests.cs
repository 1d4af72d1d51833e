using System.Net.Http.Headers;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The commands on a data folder with a store that the configuration no longer has.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class RemovedStoreCommandTests
{
    const string Old = "  - { id: old, currency: EUR, timezone: Europe/Amsterdam, keys: [{ key: sk_old_0123456789abcdef, kind: secret }] }";

    [Test]
    public async Task A_removed_store_is_named_exported_and_cleared_and_comes_back()
    {
        using var scratch = new Scratch();
        await using (var engine = await RunningEngine.StartAsync(scratch, new EngineConfig { FirstStore = Old }))
        {
            await SendAsync(engine, EventJson.Array(EventJson.Of("c1", "add_to_cart", ",\"productId\":\"p1\",\"price\":5"), EventJson.Of("c1", more: ",\"price\":\"x\"")));
            await engine.StopAsync();
        }

        Assert.That(await File.ReadAllTextAsync(scratch.PathOf("data/store-numbers")), Does.StartWith("0 old EUR Europe/Amsterdam\n1 shop USD UTC\n"));
        await using (var engine = await RunningEngine.StartAsync(scratch, new EngineConfig()))
        {
            await engine.StopAsync();
            Assert.That(engine.Log, Does.Contain("old").And.Contain("keep their carts"));
        }

        Assert.That((await RunAsync(scratch, 0, "check")).Output, Does.Match("(?m)^removed stores +1 +old$"));
        Assert.That((await RunAsync(scratch, 0, "export", "--store", "old")).Output, Does.Match("^[^\n]*\"storeId\":\"old\"[^\n]*\n$"));
        Assert.That((await RunAsync(scratch, 0, "export", "--store", "shop")).Output, Is.Empty);
        Assert.That((await RunAsync(scratch, 0, "replay", "--json")).Output, Does.Contain("\"events\":1"));
        Assert.That((await RunAsync(scratch, 0, "deadletters", "list", "--store", "old")).Output, Does.Contain("wrong_type"));
        Assert.That((await RunAsync(scratch, 0, "deadletters", "drop", "1")).Output, Is.EqualTo("dropped 1\n"));
        Assert.That((await RunAsync(scratch, 2, "export", "--store", "odd")).Errors, Does.Contain("no store 'odd'").And.Contain("expected one of shop, old"));

        await using (var engine = await RunningEngine.StartAsync(scratch, new EngineConfig { FirstStore = Old }))
        {
            engine.Http.DefaultRequestHeaders.Remove("X-Api-Key");
            engine.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk_old_0123456789abcdef");
            var cart = await engine.GetJsonAsync("/v1/carts/c1");
            Assert.That((cart.GetProperty("currency").GetString(), cart.GetProperty("value").GetDecimal()), Is.EqualTo(("EUR", 5m)));
            await engine.StopAsync();
        }
    }

    static async Task SendAsync(RunningEngine engine, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent(json) };
        request.Headers.Add("X-Api-Key", "sk_old_0123456789abcdef");
        using var http = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        using var response = await http.SendAsync(request);
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("wrong_type"));
    }

    static async Task<ProcessResult> RunAsync(Scratch scratch, int exitCode, params string[] arguments)
    {
        var finished = await EngineBinary.RunAsync(scratch.Folder, [.. arguments, "--config", "cartrecovery.yaml"]);
        Assert.That(finished.ExitCode, Is.EqualTo(exitCode), finished.ToString);
        return finished;
    }
}
