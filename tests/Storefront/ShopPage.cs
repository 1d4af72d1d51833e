using System.Globalization;
using System.Text.Json;
using CartRecovery.Tests.Support;
using Microsoft.Playwright;

namespace CartRecovery.Tests.Storefront;

/// <summary>A shop page with the client.</summary>
sealed class ShopPage
{
    ShopPage(IPage tab) => Tab = tab;

    public IPage Tab { get; }

    /// <summary>Opens a tab.</summary>
    /// <param name="shopper">The shopper's browser.</param>
    /// <param name="server">The page's server.</param>
    /// <param name="engine">The engine's HTTP port, which serves the client.</param>
    /// <param name="host">The server's host name.</param>
    public static async Task<ShopPage> OpenAsync(Shopper shopper, ShopServer server, RunningEngine engine, string host = ShopServer.Secure)
    {
        var page = new ShopPage(await shopper.OpenAsync(server.PageOf(engine.Http.BaseAddress!, host)));
        await page.UntilAsync("!!globalThis.CartRecovery?.client");
        return page;
    }

    public Task<string> CartAsync() => Tab.EvaluateAsync<string>("CartRecovery.client.cartId");

    public Task TrackAsync(string type, int count = 1) => Tab.EvaluateAsync(
        "([type, count]) => { for (let i = 0; i < count; i++) CartRecovery.client.track(type, { productId: 'p1', price: 19.99, currency: 'USD' }); }",
        new object[] { type, count });

    public async Task<ClientStats> StatsAsync()
    {
        var stats = await Tab.EvaluateAsync<JsonElement>("CartRecovery.client.stats");
        int Of(string name) => stats.GetProperty(name).GetInt32();
        return new ClientStats(Of("sent"), Of("acknowledged"), Of("refused"), Of("dropped"), Of("pending"));
    }

    /// <summary>Events buffered by the browser for all its tabs.</summary>
    public Task<int> KeptAsync() => Tab.EvaluateAsync<int>(
        "Object.keys(localStorage).filter(k => k.includes(':box:')).reduce((n, k) => n + JSON.parse(localStorage[k]).events.length, 0)");

    /// <summary>Waits until everything is acknowledged and the buffer is empty.</summary>
    public Task UntilAcknowledgedAsync() => UntilAsync(
        "CartRecovery.client.stats.pending === 0 && !Object.keys(localStorage).some(k => k.includes(':box:'))");

    /// <summary>Waits for a condition in the page. Playwright's own wait evaluates a string, which the page's policy forbids.</summary>
    public async Task UntilAsync(string expression)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await Tab.EvaluateAsync<bool>(expression);)
        {
            if (TimeProvider.System.GetElapsedTime(started) > EngineBinary.Deadline)
            {
                Assert.Fail($"Not within {EngineBinary.Deadline.TotalSeconds} s: {expression}");
            }

            await Task.Delay(20);
        }
    }
}

/// <summary>The client's counters.</summary>
sealed record ClientStats(int Sent, int Acknowledged, int Refused, int Dropped, int Pending);

static class ShopEngineExtensions
{
    /// <summary>The number of a cart's events folded by the engine.</summary>
    public static async Task<int> CountAsync(this RunningEngine engine, string cart) => (int)(await engine.FeaturesAsync(cart))["event_count"];

    /// <summary>Restarts the engine on the same ports and folder.</summary>
    public static Task<RunningEngine> StartAgainAsync(this RunningEngine engine, Scratch scratch, EngineConfig config) =>
        RunningEngine.StartAsync(scratch, config with
        {
            Http = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{engine.Http.BaseAddress!.Port}"),
        });
}
