using System.IO.Compression;
using CartRecovery.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Storefront;

/// <summary>The storefront client in a browser against the engine: no event is lost or duplicated, and interventions are shown.</summary>
[Parallelizable]
public sealed class ClientTests : ShopperFixture
{
    const int MostBytes = 6_000;

    static readonly EngineConfig s_config = new() { Pages = ShopServer.Origins };

    [Test]
    public void The_client_is_small()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(File.ReadAllBytes(Path.Combine(Repository.Root, "plugins", "storefront", "cartrecovery.js")));
        }

        Assert.That(packed.Length, Is.LessThan(MostBytes));
    }

    [TestCase(ShopServer.Secure)]
    [TestCase(ShopServer.Plain)]
    public async Task Events_are_sent_and_acknowledged(string host)
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var page = await ShopPage.OpenAsync(Shopper, Server, engine, host);

        await page.TrackAsync("add_to_cart", 250);
        await page.UntilAcknowledgedAsync();

        Assert.That(await page.StatsAsync(), Is.EqualTo(new ClientStats(251, 251, 0, 0, 0)), "including the page's view");
        Assert.That((await engine.FeaturesAsync(await page.CartAsync()))["adds"], Is.EqualTo(250));
        Assert.That(Shopper.Violations, Is.Empty);
        Assert.That(Shopper.Errors, Is.Empty);
    }

    [Test]
    public async Task A_shopper_whose_clock_is_fast_is_dated_by_the_engines()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var tab = await Shopper.Context.NewPageAsync();
        var before = TimeProvider.System.GetUtcNow();
        await tab.Clock.InstallAsync(new() { TimeDate = before.AddMinutes(40).UtcDateTime });
        await tab.GotoAsync(Server.PageOf(engine.Http.BaseAddress!).AbsoluteUri);
        await Eventually.Is(() => tab.EvaluateAsync<bool>("globalThis.CartRecovery?.client?.stats.acknowledged === 1").GetAwaiter().GetResult(), "the page's view is durable");

        var cart = await engine.GetJsonAsync($"/v1/features/{await tab.EvaluateAsync<string>("CartRecovery.client.cartId")}");
        Assert.That(cart.GetProperty("updatedAt").GetDateTimeOffset(), Is.InRange(before.AddSeconds(-3), TimeProvider.System.GetUtcNow().AddSeconds(3)));
        Assert.That((await engine.MetricsAsync()).Sum("cartrecovery_event_times_corrected_total"), Is.EqualTo(1));
        Assert.That((await engine.MetricsAsync()).Sum("cartrecovery_events_clamped_total"), Is.Zero);
    }

    [Test]
    public async Task A_module_connects_automatically()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var tab = await Shopper.OpenAsync(Server.EmptyPage);

        var acknowledged = await tab.EvaluateAsync<int>("""
            async ([url, key]) => {
              const { connect } = await import(`${url}sdk.mjs`);
              const client = connect({ key, cartId: "mine", sessionId: "s", userId: "u" });
              client.identify("u", { plan: "gold" });
              client.consent({ channel: "email", granted: true });
              for (let i = 0; i < 500 && client.stats.acknowledged < 2; i++) await new Promise((done) => setTimeout(done, 20));
              client.close();
              return client.stats.acknowledged;
            }
            """, new[] { engine.Http.BaseAddress!.AbsoluteUri, EngineConfig.PublishableKey });

        Assert.That(acknowledged, Is.EqualTo(2));
        Assert.That(await engine.CountAsync("mine"), Is.EqualTo(2));
    }

    [TestCase("application/json")]
    [TestCase("text/plain")]
    public async Task A_beacon_arrives_also_while_the_page_is_left(string type)
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var tab = await Shopper.OpenAsync(Server.EmptyPage);
        await tab.EvaluateAsync("""
            ([url, key, type]) => {
              const send = (id) => navigator.sendBeacon(`${url}v1/events?key=${key}`, new Blob(
                [JSON.stringify({ events: [{ id, type: "page_view", cartId: "beacon", sessionId: "s", ts: Date.now() }], sentAt: Date.now() })], { type }));
              addEventListener("pagehide", () => send("left"));
              send("stays");
            }
            """, new[] { engine.Http.BaseAddress!.AbsoluteUri, EngineConfig.PublishableKey, type });
        await UntilProcessedAsync(engine, 1);
        await tab.GotoAsync("about:blank");
        await UntilProcessedAsync(engine, 2);
        Assert.That(await engine.CountAsync("beacon"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_page_that_traces_its_requests_may_send_and_can_read_what_is_wrong()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var tab = await Shopper.OpenAsync(Server.EmptyPage);
        var answers = await tab.EvaluateAsync<string[]>("""
            async ([url, key]) => {
              const post = async (key, id) => (await (await fetch(`${url}v1/events?key=${key}`, { method: "POST", credentials: "include",
                headers: { "Content-Type": "application/json", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", baggage: "a=1", "X-Requested-With": "XMLHttpRequest" },
                body: JSON.stringify({ id, type: "page_view", cartId: "traced", sessionId: "s", ts: Date.now() }) })).json());
              return [String((await post(key, "e1")).accepted), (await post("pk_nobody", "e2")).code, String((await post(key, "e1")).duplicates)];
            }
            """, new[] { engine.Http.BaseAddress!.AbsoluteUri, EngineConfig.PublishableKey });
        Assert.That(answers, Is.EqualTo(new[] { "1", "unknown_key", "1" }));
    }

    [Test]
    public async Task Offline_events_are_sent_once_online_again()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var page = await ShopPage.OpenAsync(Shopper, Server, engine);
        await page.UntilAcknowledgedAsync();

        await Shopper.Context.SetOfflineAsync(true);
        await page.TrackAsync("add_to_cart", 30);
        await page.UntilAsync("CartRecovery.client.state === 'offline'");
        Assert.That(await page.KeptAsync(), Is.EqualTo(30));
        await Shopper.Context.SetOfflineAsync(false);
        await page.UntilAcknowledgedAsync();

        Assert.That(await engine.CountAsync(await page.CartAsync()), Is.EqualTo(31));
        Assert.That((await page.StatsAsync()).Dropped, Is.Zero);
    }

    [Test]
    public async Task An_engine_crash_loses_nothing_and_duplicates_nothing()
    {
        var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var page = await ShopPage.OpenAsync(Shopper, Server, engine);
        await page.UntilAcknowledgedAsync();

        // Killed with events in flight: some are durable but unacknowledged, some are neither.
        await page.TrackAsync("view_item", 900);
        await page.UntilAsync("CartRecovery.client.stats.sent > 1");
        await engine.KillAsync();
        await page.TrackAsync("add_to_cart", 50);
        await using var again = await engine.StartAgainAsync(Scratch, s_config);
        await page.UntilAcknowledgedAsync();

        var features = await again.FeaturesAsync(await page.CartAsync());
        Assert.That((features["item_views"], features["adds"]), Is.EqualTo((900, 50)));
        await engine.DisposeAsync();
    }

    [Test]
    public async Task A_closed_pages_unsent_events_are_sent_by_the_next_page()
    {
        var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var page = await ShopPage.OpenAsync(Shopper, Server, engine);
        var cart = await page.CartAsync();
        await page.UntilAcknowledgedAsync();
        await engine.KillAsync();
        await page.TrackAsync("add_to_cart", 20);
        await page.Tab.CloseAsync();
        await using var again = await engine.StartAgainAsync(Scratch, s_config);

        var next = await ShopPage.OpenAsync(Shopper, Server, again);
        await next.UntilAcknowledgedAsync();

        Assert.That(await next.CartAsync(), Is.EqualTo(cart), "the cart belongs to the browser");
        Assert.That(await again.CountAsync(cart), Is.EqualTo(22), "including the views of two pages");
        await engine.DisposeAsync();
    }

    [Test]
    public async Task Two_tabs_send_only_their_own_events()
    {
        var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var first = await ShopPage.OpenAsync(Shopper, Server, engine);
        var second = await ShopPage.OpenAsync(Shopper, Server, engine);
        await first.UntilAcknowledgedAsync();
        await engine.KillAsync();
        await first.TrackAsync("add_to_cart", 40);
        await second.TrackAsync("view_item", 60);
        Assert.That(((await first.StatsAsync()).Pending, (await second.StatsAsync()).Pending), Is.EqualTo((40, 60)));
        await using var again = await engine.StartAgainAsync(Scratch, s_config);

        await first.UntilAcknowledgedAsync();
        await second.UntilAcknowledgedAsync();

        var features = await again.FeaturesAsync(await first.CartAsync());
        Assert.That((features["adds"], features["item_views"], features["page_views"]), Is.EqualTo((40, 60, 2)));
        var stats = (await first.StatsAsync(), await second.StatsAsync());
        Assert.That((stats.Item1.Acknowledged, stats.Item2.Acknowledged), Is.EqualTo((41, 61)));
        await engine.DisposeAsync();
    }

    [Test]
    public async Task A_rejected_event_is_discarded_and_its_neighbours_are_kept()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var page = await ShopPage.OpenAsync(Shopper, Server, engine);

        await page.TrackAsync("view_item");
        await page.TrackAsync("no_such_type");
        await page.TrackAsync("view_item");
        await page.UntilAcknowledgedAsync();

        Assert.That(await page.StatsAsync(), Is.EqualTo(new ClientStats(4, 3, 1, 0, 0)));
    }

    [Test]
    public async Task The_buffer_is_bounded_and_drops_the_oldest_events()
    {
        var engine = await RunningEngine.StartAsync(Scratch, s_config);
        var page = await ShopPage.OpenAsync(Shopper, Server, engine);
        await page.UntilAcknowledgedAsync();
        await engine.KillAsync();

        await page.TrackAsync("view_item", 100);
        await page.TrackAsync("add_to_cart", 1000);

        Assert.That((await page.StatsAsync()) is { Pending: 1000, Dropped: 100 }, (await page.StatsAsync()).ToString);
        await using var again = await engine.StartAgainAsync(Scratch, s_config);
        await page.UntilAcknowledgedAsync();
        var features = await again.FeaturesAsync(await page.CartAsync());
        Assert.That((features["item_views"], features["adds"]), Is.EqualTo((0, 1000)));
        await engine.DisposeAsync();
    }

    [Test]
    public async Task An_interventions_text_is_shown_escaped_and_its_outcome_reported()
    {
        const string Nasty = "<img src=x onerror=document.title='broken'><script>document.title='broken'</script>";
        await using var engine = await RunningEngine.StartAsync(Scratch, s_config with
        {
            Campaigns = $$"""
                [{ name: hurry, trigger: { event: add_to_cart }, action: { type: discount, percent: 15 }, channel: socket, message: "{{Nasty}}" }]
                """,
        });
        var page = await ShopPage.OpenAsync(Shopper, Server, engine);
        await page.Tab.Locator("#elsewhere").FocusAsync();

        await page.TrackAsync("add_to_cart");

        await Expect(page.Tab.Locator("cart-recovery p")).ToHaveTextAsync(Nasty);
        await Expect(page.Tab.GetByRole(AriaRole.Dialog, new() { Name = "15% off your cart" })).ToBeVisibleAsync();
        await page.Tab.Keyboard.PressAsync("Escape");
        await Expect(page.Tab.Locator("cart-recovery")).ToHaveCountAsync(0);
        await Expect(page.Tab.Locator("#elsewhere")).ToBeFocusedAsync();
        await page.UntilAcknowledgedAsync();
        Assert.That(await page.Tab.TitleAsync(), Is.EqualTo("Shop"));
        Assert.That(await engine.CountAsync(await page.CartAsync()), Is.EqualTo(4), "page_view, add_to_cart, delivered, dismissed");
        Assert.That(Shopper.Violations, Is.Empty);
    }

    static async Task UntilProcessedAsync(RunningEngine engine, int events)
    {
        for (var started = TimeProvider.System.GetTimestamp(); (await engine.GetJsonAsync("/v1/events/stats")).GetProperty("processed").GetInt32() < events;)
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(Eventually.Deadline), $"{events} events are processed");
            await Task.Delay(20);
        }
    }
}
