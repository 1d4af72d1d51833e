using System.Text.Json;
using CartRecovery.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Storefront;

/// <summary>What the client tells a developer: in the console, to the page, and in the overlay of <c>debug</c>.</summary>
[Parallelizable]
public sealed class DiagnosticsTests : ShopperFixture
{
    [TestCase("pk_nobody", ShopServer.Origins, "unknown_key")]
    [TestCase(EngineConfig.SecretKey, ShopServer.Origins, "secret_key_in_browser")]
    [TestCase(EngineConfig.PublishableKey, "https://elsewhere.example", "forbidden_origin")]
    public async Task A_refused_key_is_named_once_and_the_client_stops_connecting(string key, string origins, string code)
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, new EngineConfig { Pages = origins });
        var tab = await Shopper.Context.NewPageAsync();
        var sockets = 0;
        tab.WebSocket += (_, _) => Interlocked.Increment(ref sockets);
        await tab.Clock.InstallAsync();
        await tab.GotoAsync(Server.PageOf(engine.Http.BaseAddress!, attributes: "").AbsoluteUri);
        await UntilAsync(tab, "!!globalThis.CartRecovery");

        await tab.EvaluateAsync("""
            (key) => {
              globalThis.told = [];
              globalThis.states = [];
              globalThis.client = CartRecovery.connect({ key, url: document.querySelector("script").src.replace("/sdk.js", ""),
                onError: (error) => told.push(error), onState: (state) => states.push(state) });
              client.track("page_view");
            }
            """, key);
        await UntilAsync(tab, "client.state === 'refused'");
        var tried = Volatile.Read(ref sockets);
        // Much longer than the longest wait between two tries.
        await tab.Clock.RunForAsync(5 * 60_000);

        var told = await tab.EvaluateAsync<JsonElement>("told");
        Assert.That(told.EnumerateArray().Select(one => one.GetProperty("code").GetString()), Is.EqualTo(new[] { code }));
        Assert.That(told[0].GetProperty("message").GetString(), Is.Not.Empty);
        Assert.That(Shopper.Said.Where(text => text.StartsWith($"CartRecovery: {code}: ", StringComparison.Ordinal)), Has.Exactly(1).Items);
        Assert.That(await tab.EvaluateAsync<string>("states.at(-1)"), Is.EqualTo("refused"));
        Assert.That(Volatile.Read(ref sockets), Is.EqualTo(tried).And.InRange(1, 3), "it waits for a new page");
        Assert.That(await tab.EvaluateAsync<int>("client.stats.pending"), Is.EqualTo(1), "the event is kept for one");
        Assert.That(Shopper.Violations, Is.Empty);
        Assert.That(Shopper.Errors, Is.Empty);
    }

    [Test]
    public async Task A_refusal_that_is_learned_late_is_told_once()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, new EngineConfig { Pages = ShopServer.Origins });
        var tab = await Shopper.Context.NewPageAsync();
        var (closed, asked, answer) = (0, 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        tab.WebSocket += (_, socket) => socket.Close += (_, _) => Interlocked.Increment(ref closed);
        await tab.RouteAsync("**/v1/events?*", async route =>
        {
            Interlocked.Increment(ref asked);
            await answer.Task;
            await route.ContinueAsync();
        });
        await tab.Clock.InstallAsync();
        await tab.GotoAsync(Server.PageOf(engine.Http.BaseAddress!, attributes: "").AbsoluteUri);
        await UntilAsync(tab, "!!globalThis.CartRecovery");
        await tab.EvaluateAsync("""
            () => {
              globalThis.told = [];
              globalThis.client = CartRecovery.connect({ key: "pk_nobody", url: document.querySelector("script").src.replace("/sdk.js", ""), onError: (error) => told.push(error.code) });
            }
            """);
        for (var started = TimeProvider.System.GetTimestamp(); Volatile.Read(ref closed) < 3;)
        {
            // In steps that a handshake outlasts: the client gives one up after 15 s.
            await tab.Clock.RunForAsync(200);
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(EngineBinary.Deadline), "three sockets are refused");
        }

        answer.SetResult();
        await UntilAsync(tab, "client.state === 'refused'");
        await tab.Clock.RunForAsync(5 * 60_000);
        Assert.That(await tab.EvaluateAsync<string>("told.join()"), Is.EqualTo("unknown_key"));
        Assert.That(Volatile.Read(ref asked), Is.EqualTo(1));
    }

    [Test]
    public async Task A_tag_without_a_key_is_named()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, new EngineConfig { Pages = ShopServer.Origins });
        var tab = await Shopper.OpenAsync(Server.PageOf(engine.Http.BaseAddress!, attributes: ""));
        await UntilAsync(tab, "!!globalThis.CartRecovery");

        Assert.That(Shopper.Said, Is.EqualTo(new[] { "CartRecovery: no data-key: call connect({ key })" }));
        Assert.That(await tab.EvaluateAsync<string>("(() => { try { CartRecovery.connect({}); } catch (e) { return e.message; } })()"), Is.EqualTo("CartRecovery: a key is missing"));
    }

    [Test]
    public async Task The_overlay_shows_what_is_sent_and_answered_and_what_is_wrong_with_an_event()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, new EngineConfig { Pages = ShopServer.Origins });
        var tab = await Shopper.OpenAsync(Server.PageOf(engine.Http.BaseAddress!, attributes: $"data-key={EngineConfig.PublishableKey} data-debug"));
        var box = tab.Locator("cart-recovery-debug section");
        await Expect(box.Locator("strong")).ToHaveTextAsync("CartRecovery: open; 1 durable, 0 refused, 0 waiting");
        await Expect(box.Locator("li").Filter(new() { HasText = "→ {\"sentAt\":" })).ToContainTextAsync("\"type\":\"page_view\"");
        await Expect(box.Locator("li").Filter(new() { HasText = "← {\"type\":\"ack\"" }).First).ToBeVisibleAsync();

        await tab.EvaluateAsync("CartRecovery.client.track('add_to_basket', { productId: '<img src=x>' })");

        await Expect(box.Locator("li.problem")).ToContainTextAsync("! unknown_type: unknown 'type'");
        await Expect(box.Locator("strong")).ToContainTextAsync("1 durable, 1 refused, 0 waiting");
        await Expect(box.Locator("img")).ToHaveCountAsync(0);
        Assert.That(Shopper.Said.Single(), Does.StartWith("CartRecovery: unknown_type: "));
        await Shopper.DrawAsync(tab, "debug");
        await box.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await Expect(tab.Locator("cart-recovery-debug")).ToHaveCountAsync(0);
        Assert.That(Shopper.Violations, Is.Empty);
        Assert.That(Shopper.Errors, Is.Empty);
    }

    [Test]
    public async Task The_overlay_says_what_to_do_about_a_refused_key()
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, new EngineConfig { Pages = ShopServer.Origins });
        var tab = await Shopper.OpenAsync(Server.PageOf(engine.Http.BaseAddress!, attributes: $"data-key={EngineConfig.SecretKey} data-debug"));

        await Expect(tab.Locator("cart-recovery-debug li.problem").First).ToContainTextAsync("Use the publishable key. Replace the secret one: everybody could read it.");
        await Expect(tab.Locator("cart-recovery-debug strong")).ToContainTextAsync("CartRecovery: refused;");
    }

    // Playwright's own wait evaluates a string, which the page's policy forbids.
    static async Task UntilAsync(IPage tab, string expression)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await tab.EvaluateAsync<bool>(expression);)
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(EngineBinary.Deadline), expression);
            await Task.Delay(20);
        }
    }
}
