using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CartRecovery.Bench.Load;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class PopupProbeTests
{
    [Test]
    public async Task The_probes_own_delay_counts_in_the_latency()
    {
        // Ten events due from one second ago, a millisecond apart, all answered immediately.
        using var probe = await RunAsync(Clock.Now() - Clock.Second, count: 10, drain: 10 * Clock.Second, (_, _) => true);

        Assert.That((probe.Failure, probe.Sent, probe.Missing), Is.EqualTo(((string?)null, 10, 0)));
        Assert.That(probe.Latency.Count, Is.EqualTo(10));
        Assert.That(probe.Latency.Quantile(0.05), Is.GreaterThanOrEqualTo(990 * Clock.Millisecond));
        Assert.That(probe.SendDelay.Quantile(0.05), Is.GreaterThanOrEqualTo(990 * Clock.Millisecond));
    }

    [Test]
    public async Task A_stall_counts_in_the_latency_of_every_popup_it_delayed()
    {
        // Nothing is answered before the last of 200 events, due 199 ms after the first.
        using var probe = await RunAsync(Clock.Now(), count: 200, drain: 10 * Clock.Second, (index, count) => index == count - 1);

        Assert.That((probe.Failure, probe.Missing), Is.EqualTo(((string?)null, 0)));
        Assert.That(probe.Latency.Quantile(1), Is.GreaterThanOrEqualTo(199 * Clock.Millisecond));
        Assert.That(probe.Latency.Quantile(0.5), Is.GreaterThanOrEqualTo(99 * Clock.Millisecond));
    }

    [Test]
    public async Task A_missing_popup_is_counted_with_the_time_waited()
    {
        using var probe = await RunAsync(Clock.Now(), count: 10, drain: 100 * Clock.Millisecond, (_, _) => false);

        Assert.That((probe.Sent, probe.Missing), Is.EqualTo((10, 10)));
        Assert.That(probe.Latency.Count, Is.EqualTo(10));
        Assert.That(probe.Latency.Quantile(0), Is.GreaterThanOrEqualTo(100 * Clock.Millisecond));
    }

    // Answers all pending events when told to after one. Implements only the framing of WebSocket.
    static async Task<PopupProbe> RunAsync(long start, int count, long drain, Func<int, int, bool> answerNow)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndpoint);
        client.Blocking = false;
        using var accepted = await listener.AcceptTcpClientAsync();
        using var server = WebSocket.CreateFromStream(accepted.GetStream(), new WebSocketCreationOptions { IsServer = true });
        var serving = ServeAsync(server, count, answerNow);

        var probe = new PopupProbe(client, "t1", start, Clock.Millisecond, count, drain);
        probe.Start();
        await Task.Run(probe.Wait);
        await serving;
        return probe;
    }

    static async Task ServeAsync(WebSocket server, int count, Func<int, int, bool> answerNow)
    {
        var waiting = new List<string>();
        var buffer = new byte[4096];
        for (var i = 0; i < count; i++)
        {
            var got = await server.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            using var json = JsonDocument.Parse(buffer.AsMemory(0, got.Count));
            Assert.That(json.RootElement.GetProperty("type").GetString(), Is.EqualTo("begin_checkout"));
            waiting.Add(json.RootElement.GetProperty("cartId").GetString()!);
            if (!answerNow(i, count))
            {
                continue;
            }

            foreach (var cart in waiting)
            {
                var answer = Encoding.UTF8.GetBytes($$"""{"type":"intervention","payload":{"cartId":"{{cart}}"},"messageId":"iv_1"}""");
                await server.SendAsync(answer, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }

            waiting.Clear();
        }
    }
}
