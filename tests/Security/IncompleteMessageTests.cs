using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Clients that never finish a long message use up nobody else's memory.</summary>
[TestFixture]
sealed class IncompleteMessageTests
{
    // Each holds 1 MB; browsers have 32.
    const int Attackers = 40;
    const int Unfinished = 270 * 1024;

    [Test]
    public async Task Messages_that_never_end_make_room_for_those_that_do([Values(StreamTransport.Tcp, StreamTransport.WebSocket)] StreamTransport via)
    {
        // No heartbeat closes them meanwhile.
        await using var engine = await InProcessEngine.StartAsync(config => (config.Listen.Heartbeat, config.Listen.IdleTimeout) = (Duration.FromMinutes(50), Duration.FromHours(2)));
        var attackers = new List<StreamClient>();
        var browsers = engine.Host.Ingest.Incomplete[KeyKind.Publishable];
        var bytes = ClientFrame.Join([await EncodeAsync(engine, via, Attack())])[..Unfinished];
        for (var i = 0; i < Attackers; i++)
        {
            attackers.Add(await StreamClient.OpenAsync(engine, via, InProcessEngine.Publishable));
            await attackers[i].Raw.SendAsync(bytes);
        }

        await Eventually.Is(() => browsers.Used >= browsers.Capacity * 9 / 10, "the memory of browsers is used up");
        using var server = await StreamClient.OpenAsync(engine, via);
        using var shopper = await StreamClient.OpenAsync(engine, via, InProcessEngine.Publishable);
        foreach (var honest in new[] { server, shopper })
        {
            var message = ClientFrame.Join([honest.Encode(EventJson.Array(EventJson.Many("long", 900)))]);
            await honest.Raw.SendAsync(message.AsMemory(0, message.Length / 2));
            await Eventually.Is(() => browsers.Used > 0, "the first half is read");
            await honest.Raw.SendAsync(message.AsMemory(message.Length / 2));
            await honest.UntilAckAsync(900);
        }

        Assert.That(engine.Host.Ingest.Incomplete[KeyKind.Secret].IsExhausted, Is.False);
        Assert.That(engine.Host.Counters.Overloaded, Is.Positive.And.LessThan(Attackers), "only as many attackers as necessary were closed");
        attackers.ForEach(attacker => attacker.Dispose());
        await Eventually.Is(() => browsers.Used == 0, "all memory is free again");
    }

    [Test]
    public async Task Health_tells_that_memory_is_exhausted_and_a_client_that_goes_is_noticed()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var browsers = engine.Host.Ingest.Incomplete[KeyKind.Publishable];
        Assert.That(browsers.TryReserve(browsers.Capacity), Is.True);
        var waiting = await StreamClient.OpenAsync(engine, StreamTransport.Tcp, InProcessEngine.Publishable);
        await waiting.Raw.SendAsync(Attack()[..20_000]);
        await Eventually.Is(() => browsers.IsExhausted, "it waits for memory");

        Assert.That(await engine.Http.GetStringAsync("/health"), Does.Contain("\"streams\":{\"status\":\"degraded\""));
        waiting.Raw.Reset();
        await Eventually.Is(() => !browsers.IsExhausted, "nobody waits for a client that is gone");
        Assert.That(await engine.Http.GetStringAsync("/health"), Does.Contain("\"streams\":{\"status\":\"ok\""));
        browsers.Release(browsers.Capacity);
    }

    static string Attack() => "[\"" + new string('x', Unfinished + 1024) + "\"]";

    static async Task<byte[]> EncodeAsync(InProcessEngine engine, StreamTransport via, string message)
    {
        using var client = await StreamClient.OpenAsync(engine, via);
        return client.Encode(message);
    }
}
