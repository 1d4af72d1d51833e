using System.IO.Compression;
using System.Text;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Malformed HTTP is the client's fault: a problem with a 4xx status, and no trace in the log.</summary>
[TestFixture]
sealed class MalformedRequestTests : EngineFixture
{
    const string Chunked = "Transfer-Encoding: chunked\r\n";

    static IEnumerable<TestCaseData> Requests() =>
    [
        new TestCaseData(Chunked, "80000000\r\n", 400).SetArgDisplayNames("a chunk of 2 GB"),
        new TestCaseData(Chunked, "ffffffff\r\n", 400).SetArgDisplayNames("a chunk of 4 GB"),
        new TestCaseData(Chunked, "fffffffffffffffff\r\n", 400).SetArgDisplayNames("a chunk beyond 64 bits"),
        new TestCaseData(Chunked, "7fffffff\r\n" + new string(' ', 600_000), 413).SetArgDisplayNames("a chunk below 2 GB"),
        new TestCaseData(Chunked, "-1\r\n", 400).SetArgDisplayNames("a negative chunk"),
        new TestCaseData(Chunked, "0x2\r\n{}\r\n0\r\n\r\n", 400).SetArgDisplayNames("a prefix"),
        new TestCaseData(Chunked, "zz\r\n", 400).SetArgDisplayNames("no digits"),
        new TestCaseData(Chunked, "2\n{}\n0\n\n", 400).SetArgDisplayNames("bare line feeds"),
        new TestCaseData(Chunked, "2;a=\"" + new string('x', 40_000) + "\"\r\n{}\r\n0\r\n\r\n", 400).SetArgDisplayNames("a long extension"),
        new TestCaseData(Chunked, "2\r\n{}x\r\n0\r\n\r\n", 400).SetArgDisplayNames("a chunk that is too long"),
        new TestCaseData(Chunked, "2\r\n{}\r\n0\r\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"t{i}: {new string('x', 100)}\r\n")) + "\r\n", 431).SetArgDisplayNames("many trailers"),
        new TestCaseData(Chunked, "2\r\n{}\r\n0\r\nbad trailer\r\n\r\n", 400).SetArgDisplayNames("a bad trailer"),
        new TestCaseData(Chunked, "2\r\n{}\r\n0\r\nT: \u0000\r\n\r\n", 400).SetArgDisplayNames("a trailer that is not text"),
        new TestCaseData(Chunked, "2\r\n{}\r\n0\r\nT: \u00ff\u00fe\r\n\r\n", 400).SetArgDisplayNames("a trailer that is no UTF-8"),
        new TestCaseData("Content-Length: 99999999999999999999\r\n", "", 400).SetArgDisplayNames("a length beyond 64 bits"),
        new TestCaseData("Content-Length: 9223372036854775807\r\n", "{}", 413).SetArgDisplayNames("a huge length"),
        new TestCaseData("Content-Length: -1\r\n", "", 400).SetArgDisplayNames("a negative length"),
        new TestCaseData("Content-Length: 2\r\nContent-Length: 3\r\n", "{}", 400).SetArgDisplayNames("two lengths"),
        new TestCaseData("Content-Length: 2\r\n" + Chunked, "0\r\n\r\n", 400).SetArgDisplayNames("both"),
        new TestCaseData("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", 400).SetArgDisplayNames("another coding"),
        new TestCaseData("Expect: 200-maybe\r\nContent-Length: 2\r\n", "{}", 400).SetArgDisplayNames("an unknown expectation"),
        new TestCaseData("Expect: 100-continue\r\nContent-Length: 99999999\r\n", "", 413).SetArgDisplayNames("an expectation of too much"),
        new TestCaseData("Content-Encoding: gzip\r\nContent-Length: 2\r\n", "{}", 400).SetArgDisplayNames("no gzip"),
        new TestCaseData("Content-Encoding: gzip, gzip\r\nContent-Length: 2\r\n", "{}", 415).SetArgDisplayNames("nested codings"),
    ];

    [TestCaseSource(nameof(Requests))]
    public async Task A_malformed_body_is_the_clients_fault(string headers, string body, int status)
    {
        await CheckAsync("/v1/events", headers, body, status);
        await CheckAsync("/v1/predict", headers, body, status);
    }

    async Task CheckAsync(string path, string headers, string body, int status)
    {
        using var client = await RawClient.ConnectAsync(Engine.HttpPort);
        await client.SendAsync(Encoding.Latin1.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sk_demo\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n{body}"));
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());

        Assert.That(answer.Split(' ').ElementAtOrDefault(1), Is.EqualTo($"{status}"), answer);
        Assert.That(answer, Does.Contain("\"code\":").Or.Contain("Content-Length: 0\r\n"));
        Assert.That(answer, Does.Not.Contain("   at ").And.Not.Contain("Exception"));
    }

    [TestCase("gzip")]
    [TestCase("br")]
    [TestCase("deflate")]
    public async Task A_compressed_body_that_ends_early_is_rejected_as_a_whole(string encoding)
    {
        var events = string.Join(',', Enumerable.Range(0, 50).Select(i => $$"""{"id":"cut-{{encoding}}-{{i}}","type":"view_cart","cartId":"cut","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}"""));
        using var packed = new MemoryStream();
        await using (Stream packer = encoding switch
        {
            "br" => new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            await packer.WriteAsync(Encoding.UTF8.GetBytes($"[{events}]"));
        }

        foreach (var (length, status) in new[] { ((int)packed.Length / 2, 400), ((int)packed.Length - 1, 400), ((int)packed.Length, 200) })
        {
            using var client = await RawClient.ConnectAsync(Engine.HttpPort);
            await client.SendAsync($"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sk_demo\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + $"Content-Encoding: {encoding}\r\nContent-Length: {length}\r\n\r\n");
            await client.SendAsync(packed.ToArray()[..length]);
            var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());
            Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} "), $"{length} of {packed.Length} bytes");
            Assert.That(answer.Contains("\"accepted\":50", StringComparison.Ordinal), Is.EqualTo(status == 200), "nothing was taken before");
        }
    }

    [TestCase("gzip")]
    [TestCase("br")]
    public async Task A_compressed_bomb_stops_at_the_limit(string encoding)
    {
        using var packed = new MemoryStream();
        await using (Stream packer = encoding == "br" ? new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true) : new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var block = new byte[1 << 20];
            for (var i = 0; i < 64; i++)
            {
                await packer.WriteAsync(block);
            }
        }

        var before = GC.GetTotalAllocatedBytes();
        using var client = await RawClient.ConnectAsync(Engine.HttpPort);
        await client.SendAsync($"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sk_demo\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + $"Content-Encoding: {encoding}\r\nContent-Length: {packed.Length}\r\n\r\n");
        await client.SendAsync(packed.ToArray());
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());

        Assert.That(answer, Does.StartWith("HTTP/1.1 413 "));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(32 << 20));
    }
}

/// <summary>Clients make the log only so long.</summary>
public sealed class LogLimiterTests
{
    readonly ManualTime _time = new(0);

    [Test]
    public void A_kind_is_logged_a_few_times_a_minute_and_the_next_line_counts_the_rest()
    {
        var limiter = new LogLimiter(_time);
        var logged = Enumerable.Range(0, 100).Count(_ => limiter.TryLog("a", out var none) && none == 0);
        Assert.That(logged, Is.EqualTo(LogLimiter.Lines));
        Assert.That(limiter.TryLog("b", out _), Is.True, "another kind");

        _time.Advance(LogLimiter.Window);
        Assert.That((limiter.TryLog("a", out var suppressed), suppressed), Is.EqualTo((true, 100 - LogLimiter.Lines)));
        Assert.That((limiter.TryLog("a", out suppressed), suppressed), Is.EqualTo((true, 0)));
    }

    [Test]
    public void Many_kinds_share_one()
    {
        var limiter = new LogLimiter(_time);

        Assert.That(Enumerable.Range(0, 10_000).Count(i => limiter.TryLog($"kind {i}", out _)), Is.EqualTo(64 + LogLimiter.Lines));
    }
}
