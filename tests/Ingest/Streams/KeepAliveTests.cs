using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>Heartbeats, and the closing of silent streams.</summary>
[TestFixture(StreamTransport.Tcp)]
[TestFixture(StreamTransport.WebSocket)]
[TestFixture(StreamTransport.HttpUpgrade)]
[TestFixture(StreamTransport.MessagePack)]
sealed class KeepAliveTests(StreamTransport via) : EngineFixture(config =>
{
    config.Listen.Heartbeat = Duration.FromMilliseconds(100);
    config.Listen.IdleTimeout = Duration.FromSeconds(1);
})
{
    [Test]
    public async Task A_stream_receives_heartbeats_and_stays_open_while_the_client_answers()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        await client.SendAsync(EventJson.Of("c"));
        await client.UntilAckAsync(1);

        // A slow machine sends heartbeats before the acknowledgement too.
        var before = client.Pings;
        for (var heard = 0; heard < 25; heard++)
        {
            var said = await client.NextAsync();
            Assert.That(said?.Json, Is.EqualTo("""{"type":"heartbeat"}"""));
            if (via.IsTcp())
            {
                // Instead of a pong, an empty array keeps the stream alive.
                await client.SendAsync("[]");
            }
        }

        Assert.That(client.Pings - before, Is.EqualTo(via.IsTcp() ? 0 : 24).Within(1));
        await client.SendAsync(EventJson.Of("c"));
        Assert.That((await client.UntilAckAsync(2))[^1].UpTo, Is.EqualTo(2));
    }

    [Test]
    public async Task A_silent_stream_is_closed()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        await client.SendAsync(EventJson.Of("c"));
        await Eventually.Is(() => Engine.Host.Connections.Count == 1, "the stream is open");
        var heard = await client.Raw.ReadToEndAsync();
        await Eventually.Is(() => Engine.Host.Connections.Count == 0, "the stream is closed");

        Assert.That(client.Raw.WasReset, Is.False);
        if (!via.IsTcp())
        {
            Assert.That(ServerFrame.ReadAll(heard)[^1].CloseCode, Is.EqualTo(1001));
        }

        Assert.That(Engine.Host.Counters.SlowConsumers, Is.Zero);
        Assert.That(Engine.Host.Counters.Connections, Is.Zero);
    }
}
