using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>Clients that are slow to authenticate or to read.</summary>
[TestFixture]
sealed class SlowClientTests
{
    [TestCase(StreamTransport.WebSocket, "GET /v1/stream?key=sk_demo HTTP/1.1\r\nHost: localhost\r\n")]
    [TestCase(StreamTransport.HttpUpgrade, "GET /v1/stream?key=sk_demo HTTP/1.1\r\nHost: localhost\r\n")]
    [TestCase(StreamTransport.Tcp, "{\"key\":\"sk_demo\"")]
    [TestCase(StreamTransport.Tcp, "                    ")]
    public async Task A_handshake_sent_byte_by_byte_is_cut_off_at_the_timeout(StreamTransport via, string begun)
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.HandshakeTimeout = Duration.FromMilliseconds(300));
        using var client = await RawClient.ConnectAsync(via == StreamTransport.HttpUpgrade ? engine.HttpPort : engine.Stream);
        using var ended = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; !ended.IsCancellationRequested; i++)
            {
                await client.SendAsync(i < begun.Length ? begun[i..(i + 1)] : begun[0] == 'G' ? "x" : " ");
                await Task.Delay(20, CancellationToken.None);
            }
        });
        await client.ReadToEndAsync();
        ended.Cancel();

        await sending.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(Eventually.Deadline);
        await Eventually.Is(() => engine.Host.ConnectionLimiter.Sockets == 0, "the connection is closed");
        Assert.That(engine.Host.Connections.Count, Is.Zero);
    }

    [Test]
    public async Task A_missing_TLS_handshake_is_cut_off_at_the_timeout([Values] bool stream)
    {
        var folder = Directory.CreateTempSubdirectory("cartrecovery-tls-").FullName;
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            var now = TimeProvider.System.GetUtcNow();
            using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            File.WriteAllText(Path.Combine(folder, "shop.pem"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(folder, "shop.key"), key.ExportPkcs8PrivateKeyPem());
            var tls = new TlsConfig { Certificate = Path.Combine(folder, "shop.pem"), Key = Path.Combine(folder, "shop.key") };
            await using var engine = await InProcessEngine.StartAsync(config =>
            {
                config.Listen.HandshakeTimeout = Duration.FromMilliseconds(300);
                config.Listen.StreamTls = stream ? tls : null;
                config.Listen.HttpTls = stream ? null : tls;
            });
            using var client = await RawClient.ConnectAsync(stream ? engine.Stream : engine.HttpPort);
            await client.SendAsync("\u0016\u0003");
            await client.ReadToEndAsync();
            await Eventually.Is(() => engine.Host.ConnectionLimiter.Sockets == 0, "the connection is closed");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task A_dropped_slow_reader_can_still_read_the_reason([Values] StreamTransport via)
    {
        // The send timeout never elapses, so the connection is not cut off.
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout", new string('m', 4000)));
            config.Decisions.Window = Duration.FromMilliseconds(0);
        }, new StalledTimers(TimeSpan.FromSeconds(1.5)));
        using var client = await StreamClient.OpenAsync(engine, via, receiveBuffer: 4096);
        var cart = EventJson.NewCart();
        for (var sent = 0; sent < 10_000 && engine.Host.Counters.SlowConsumers == 0; sent += 100)
        {
            await client.SendAsync(Enumerable.Range(0, 100).Select(_ => EventJson.Of(cart, "begin_checkout")));
        }

        await Eventually.Is(() => engine.Host.Counters.SlowConsumers == 1, "the drop is counted");
        var heard = await client.UntilEndAsync();

        Assert.That(client.CloseCode, Is.EqualTo(via.IsTcp() ? 0 : 1008));
        Assert.That(heard.Count(s => s.Code == "slow_consumer"), Is.EqualTo(via.IsTcp() ? 1 : 0));
        Assert.That(heard.Any(s => s.Type == "intervention"), Is.True);
    }

    /// <summary>The system clock, except that timers of one duration never elapse.</summary>
    sealed class StalledTimers(TimeSpan standing) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime == standing ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
