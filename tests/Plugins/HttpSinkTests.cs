using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

/// <summary>Misbehaving HTTP servers, tested with the SMS sink, which reads response bodies.</summary>
sealed class HttpSinkTests
{
    [TestCase("", DeliveryOutcome.Retry, "the connection was closed without an answer")]
    [TestCase("SSH-2.0-OpenSSH_9.2\r\n", DeliveryOutcome.Retry, "the response is not HTTP")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Le", DeliveryOutcome.Retry, "the connection was closed without an answer")]
    [TestCase("HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{\"code\":21211", DeliveryOutcome.Rejected, "answered 400")]
    [TestCase("HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 100\r\n\r\nhalf", DeliveryOutcome.Retry, "answered 503")]
    [TestCase("HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", DeliveryOutcome.Rejected, "answered 400")]
    [TestCase("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf", DeliveryOutcome.Delivered, null)]
    public async Task Truncated_and_malformed_responses_have_their_outcome(string answer, DeliveryOutcome outcome, string? reason)
    {
        using var server = Serve(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes(answer)));
        var verdict = await WriteAsync(server);
        Assert.That((verdict!.Outcome, verdict.Reason), Is.EqualTo((outcome, reason)));
    }

    [Test]
    public async Task An_endless_error_body_is_not_read()
    {
        using var server = Serve(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
            var chunk = Encoding.ASCII.GetBytes("1000\r\n" + new string('x', 4096) + "\r\n");
            for (var i = 0; i < 100_000; i++)
            {
                await stream.WriteAsync(chunk);
            }
        });
        Assert.That((await WriteAsync(server))!.Outcome, Is.EqualTo(DeliveryOutcome.Rejected));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_slow_server_is_abandoned_at_the_timeout(bool begins)
    {
        var end = new TaskCompletionSource();
        using var server = Serve(async stream =>
        {
            if (begins)
            {
                await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\nha"u8.ToArray());
            }

            await end.Task;
        });
        using var over = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        Assert.That(await WriteAsync(server, over.Token), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Retry, "no answer in time", null)));
        end.SetResult();
    }

    [Test]
    public async Task Every_message_is_delivered_once_through_the_engine_after_an_outage()
    {
        var down = true;
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.StatusCode = Volatile.Read(ref down) ? 500 : 201;
            return Task.CompletedTask;
        });
        using var log = new LogLines();
        var options = new SinkRunnerOptions { Batch = 4, Retries = 1, RetryDelay = TimeSpan.FromMilliseconds(1), BreakAfter = 2 };
        var runner = new SinkRunner("sms", SmsSink.Spec, Settings(receiver.Root), options, TimeProvider.System, log);
        runner.Start();
        foreach (var item in Interventions.Many(40))
        {
            runner.TryEnqueue(item with { Recipient = new Recipient(Phone: "+4915112345678") });
        }

        await Eventually.Is(() => runner.State.Circuit != CircuitState.Closed && runner.Writes > 8, "the circuit is open");
        Volatile.Write(ref down, false);
        await runner.DrainAsync(Eventually.Deadline);
        // Attempts before the circuit opened used up their retries.
        Assert.That(runner.Total(FinalOutcome.Delivered) + runner.Total(FinalOutcome.Failed), Is.EqualTo(40));
        Assert.That(runner.Total(FinalOutcome.Delivered), Is.GreaterThanOrEqualTo(40 - 4 * 4));
    }

    static async Task<DeliveryVerdict?> WriteAsync(TcpListener server, CancellationToken cancellationToken = default)
    {
        await using var sink = SmsSink.Spec.Create(Settings($"http://{server.LocalEndpoint}")).Sink;
        var batch = new DeliveryBatch([Interventions.One(0) with { Recipient = new Recipient(Phone: "+4915112345678") }]);
        await sink.WriteAsync(batch, cancellationToken).AsTask().WaitAsync(Eventually.Deadline, CancellationToken.None);
        return batch.VerdictOf(0);
    }

    static SinkSettings Settings(string url) => new("sms", SmsSink.Spec, new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["url"] = url,
        ["account"] = "AC0123456789abcdef0123456789abcdef",
        ["token"] = "secret",
        ["from"] = "Shop",
    });

    // Reads a request's head, responds, and closes the connection.
    static TcpListener Serve(Func<NetworkStream, Task> answer)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    await using var stream = client.GetStream();
                    await stream.ReadExactlyAsync(new byte[100]);
                    await answer(stream);
                    client.Client.Shutdown(SocketShutdown.Send);
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException or IOException)
            {
                // The test ended, or the sink closed the connection.
            }
        });
        return listener;
    }
}
