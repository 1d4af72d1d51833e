using System.Globalization;
using System.Text;
using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Events.Json;
using CartRecovery.Tests.Events.MessagePack;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>
/// Sends damaged input to a running engine, in each of its four forms. Every event is accepted or answered with an error, answers are well
/// formed and bounded, and whoever comes next is served. <c>CARTRECOVERY_FUZZ_SECONDS</c> says how long (default: 60, for all forms
/// together), <c>CARTRECOVERY_FUZZ_SEED</c> repeats a run.
/// </summary>
[TestFixture]
[Parallelizable]
sealed class FuzzTests : EngineFixture
{
    // The most that one damaged input may be answered with: an error for each of the few it may have become, or one frame for many.
    const int MaxAnswer = 4096;
    const int MaxRest = 8192;
    const int PerConnection = 8;

    static readonly TimeSpan s_time = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("CARTRECOVERY_FUZZ_SECONDS") ?? "60", CultureInfo.InvariantCulture) / 4);

    static readonly int s_seed = int.TryParse(Environment.GetEnvironmentVariable("CARTRECOVERY_FUZZ_SEED"), CultureInfo.InvariantCulture, out var seed)
        ? seed : Environment.TickCount;

    long _acked;
    bool _isReset;

    [Test]
    public Task Damaged_JSON_lines() => FuzzAsync(Messages(), async (mutator, log) =>
    {
        using var client = await StreamClient.OpenAsync(Engine, StreamTransport.Tcp, InProcessEngine.Publishable);
        await SendAsync(client, mutator, log, input => [.. input.Where(b => b != '\n'), (byte)'\n']);
        await client.SendAsync(EventJson.Of("sentinel"));
        var heard = await client.CloseAsync();
        Check(heard);
    });

    [Test]
    public Task Damaged_MessagePack() => FuzzAsync([.. Messages().Select(m => Packer.Json(Encoding.UTF8.GetString(m)))], async (mutator, log) =>
    {
        using var client = await StreamClient.OpenAsync(Engine, StreamTransport.MessagePack, InProcessEngine.Publishable);
        await SendAsync(client, mutator, log, Packer.Frame);
        await client.SendAsync(EventJson.Of("sentinel"));
        var heard = await client.CloseAsync();
        Check(heard);
    });

    [Test]
    public Task Damaged_WebSocket_frames() => FuzzAsync(
        [.. Messages().Select(m => ClientFrame.Text(m)), ClientFrame.Ping("hello"), ClientFrame.Binary(Packer.Json(EventJson.Of("c"))), ClientFrame.Close(1000),
            ClientFrame.Join([ClientFrame.Text("[" + EventJson.Of("c"), fin: false), ClientFrame.Continue("]", fin: true)])], async (mutator, log) =>
    {
        using var client = await StreamClient.OpenAsync(Engine, StreamTransport.WebSocket, InProcessEngine.Publishable);
        await SendAsync(client, mutator, log, input => input);
        client.Raw.HalfClose();
        ReadOnlySpan<byte> answer = await client.Raw.ReadToEndAsync();
        var heard = new List<ReceivedMessage>();
        while (ServerFrame.TryRead(answer, out var frame) is var length and > 0)
        {
            answer = answer[length..];
            if (frame.Opcode == ClientFrame.TextOpcode)
            {
                heard.Add(ReceivedMessage.Read(frame.Text));
            }
            else if (frame.Opcode == ClientFrame.CloseOpcode)
            {
                Assert.That(frame.CloseCode, Is.Zero.Or.InRange(1000, 4999), "its own, or an echo of ours");
            }
        }

        // A reset may overtake the last answers.
        _isReset |= client.Raw.WasReset;
        Check(heard);
    });

    [Test]
    public Task Damaged_HTTP() => FuzzAsync(
        [.. Messages().Select(m => Request("POST /v1/events", m)), Request("GET /v1/carts/c?key=sk_demo", []), Request("GET /health", []),
            Request("POST /v1/predict", "{\"cartId\":\"c\"}"u8.ToArray()), Request("POST /v1/deadletters/drop", "{\"ids\":[1]}"u8.ToArray()),
            [.. Encoding.ASCII.GetBytes(RawClient.Handshake()), .. ClientFrame.Text(EventJson.Of("c"))],
            .. new[] { "2\r\n[]\r\n0\r\n\r\n", "1\r\n[\r\n1;x=y\r\n]\r\n0\r\nT: 1\r\n\r\n" }.Select(body => Encoding.ASCII.GetBytes(
                $"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sk_demo\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{body}"))], async (mutator, log) =>
    {
        using var client = await RawClient.ConnectAsync(Engine.HttpPort);
        var input = mutator.Next();
        log.Add(input);
        await client.SendAsync(input);
        client.HalfClose();
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.That(answer.Length == 0 || answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), Is.True, answer);
        Assert.That(answer, Does.Not.Contain("HTTP/1.1 500 ").And.Not.Contain("   at "));
        Assert.That(answer, Has.Length.LessThan(MaxRest + (4 * input.Length)));
    }, countsAcks: false);

    static byte[] Request(string line, byte[] body) =>
    [
        .. Encoding.ASCII.GetBytes($"{line} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sk_demo\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"), .. body,
    ];

    static List<byte[]> Messages()
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, 12).Select(i => Encoding.UTF8.GetBytes((i % 3) switch
        {
            0 => EventJson.Of($"c{i}", "add_to_cart", ",\"productId\":\"p\",\"price\":5.25,\"quantity\":2,\"userId\":\"u\""),
            1 => EventJson.Array(EventJson.Many("c", 3)),
            _ => EventJson.Of("c", "page_view", $",\"meta\":{{{JsonGenerator.Members(random, prefix: "x")}}}"),
        }))];
    }

    async Task SendAsync(StreamClient client, Mutator mutator, List<byte[]> log, Func<byte[], byte[]> frame)
    {
        try
        {
            for (var i = 0; i < PerConnection; i++)
            {
                var input = mutator.Next();
                log.Add(input);
                await client.Raw.SendAsync(frame(input));
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The engine closed the stream, as it may.
        }
    }

    void Check(List<ReceivedMessage> heard)
    {
        Assert.That(heard.Sum(said => said.Json.Length), Is.LessThan(MaxRest + (PerConnection * MaxAnswer)));
        Assert.That(heard.Select(said => said.Type).Distinct(), Is.SubsetOf(new[] { "ack", "error", "intervention", "heartbeat" }));
        var acks = heard.Where(said => said.Type == "ack").Select(said => said.UpTo).ToArray();
        Assert.That(acks, Is.Ordered);
        _acked += acks.LastOrDefault();
    }

    async Task FuzzAsync(IReadOnlyList<byte[]> corpus, Func<Mutator, List<byte[]>, Task> play, bool countsAcks = true)
    {
        (_acked, _isReset) = (0, false);
        var rounds = 0;
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < s_time; rounds++)
        {
            var log = new List<byte[]>();
            try
            {
                await play(new Mutator(corpus, new Random(unchecked(s_seed + rounds))), log);
            }
            catch (Exception failed)
            {
                throw new AssertionException(
                    $"CARTRECOVERY_FUZZ_SEED={unchecked(s_seed + rounds)}: {failed.Message}\n{string.Join('\n', log.Select(input => Convert.ToHexStringLower(input)))}", failed);
            }
        }

        TestContext.Out.WriteLine($"{rounds} connections from seed {s_seed}");
        await Eventually.Is(() => (Engine.Counts - Before) is var now && now.Received == now.Processed + now.Rejected + Duplicates, "every event is accepted or rejected");
        if (countsAcks && !_isReset)
        {
            Assert.That((Engine.Counts - Before).Received, Is.EqualTo(_acked), "every event was acknowledged or answered with an error");
        }

        Assert.That(await Engine.Http.GetStringAsync("/health"), Does.Contain("\"partition-0\":{\"status\":\"ok\""));
        Assert.That(Engine.Host.Fault, Is.Null);
    }

    long Duplicates => Enumerable.Range(0, Engine.Host.Partitions.Count).Sum(i => Engine.Host.Partitions[i].Counters.Duplicates) - _duplicates;

    long _duplicates;

    [SetUp]
    public void CountDuplicates()
    {
        _duplicates = 0;
        _duplicates = Duplicates;
    }
}
