using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace CartRecovery.Bench.Attack;

/// <summary>Requests with keys that should not open the door that they knock at.</summary>
static class DoorAttacks
{
    const int Repeats = 100;

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<AttackPlan> Plans { get; } =
    [
        new("a loopback key through a proxy", engine => StatusAsync(engine, HttpMethod.Get, "/v1/deadletters", AttackPlan.Local, null, ("X-Forwarded-For", "203.0.113.7")))
        { Reported = "200: a proxy on the same machine admits everybody" },
        new("a loopback key of a rebound name", engine => StatusAsync(engine, HttpMethod.Get, "/v1/deadletters", AttackPlan.Local, null, ("Host", "evil.example"))) { Reported = "200" },
        new("a secret key in a page", engine => StatusAsync(engine, HttpMethod.Get, "/v1/deadletters", AttackPlan.Secret, null, ("Origin", "https://evil.example"))) { Reported = "200" },
        new("another store's campaign", engine => StatusAsync(engine, HttpMethod.Post, "/v1/campaigns/plan/preview", AttackPlan.Other, "{}"))
        {
            Reported = "200: its text",
            Campaign = "{ name: plan, stores: [demo], trigger: { idle: 30m }, action: { type: reminder }, channel: console, message: \"Our plan\" }",
        },
        new("another store's counts", CountsAsync)
        {
            Reported = "200: its figures",
            Campaign = "{ name: plan, stores: [demo], trigger: { idle: 30m }, action: { type: reminder }, channel: console, message: \"Our plan\" }",
        },
        new("the operator's figures", MetricsAsync) { Reported = "200: /metrics of all stores", Configuration = ["  trustedProxies: []\n  metricsKey: an-operators-key-of-this-benchmark"] },
        new("a bare CR in a handshake", HandshakeAsync) { Reported = "101: the stream port took it, the HTTP port did not" },
        new("a chunk of 2 GB", ChunkAsync) { Reported = "500 with a logged trace" },
    ];

    static async Task<string> StatusAsync(
        AttackedEngine engine, HttpMethod method, string path, string key, string? body, params (string Name, string Value)[] headers)
    {
        var (status, answer) = await engine.SendAsync(method, path, key, body, headers);
        return string.Create(CultureInfo.InvariantCulture, $"{(int)status}, {answer.Length} bytes");
    }

    static async Task<string> CountsAsync(AttackedEngine engine) =>
        (await engine.GetAsync("/v1/campaigns", AttackPlan.Other))?.GetRawText().Contains("\"plan\"", StringComparison.Ordinal) == true ? "listed" : "not listed";

    static async Task<string> MetricsAsync(AttackedEngine engine)
    {
        var (status, answer) = await engine.SendAsync(HttpMethod.Get, "/metrics", AttackPlan.Secret);
        return string.Create(CultureInfo.InvariantCulture, $"{(int)status}, {answer.Length} bytes");
    }

    static async Task<string> HandshakeAsync(AttackedEngine engine)
    {
        using var client = new TcpClient("127.0.0.1", engine.Process.StreamPort);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/stream?key={AttackPlan.Publishable} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-A: 1\rOrigin: https://evil.example\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return (await reader.ReadLineAsync() ?? "closed without an answer").Replace("HTTP/1.1 ", "", StringComparison.Ordinal);
    }

    static async Task<string> ChunkAsync(AttackedEngine engine)
    {
        var before = engine.Process.Log.Length;
        var answer = "";
        for (var i = 0; i < Repeats; i++)
        {
            using var client = new TcpClient("127.0.0.1", engine.Process.HttpPort);
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {AttackPlan.Publishable}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n80000000\r\n"));
            using var reader = new StreamReader(stream);
            answer = await reader.ReadLineAsync() ?? "no answer";
        }

        return string.Create(CultureInfo.InvariantCulture, $"{answer["HTTP/1.1 ".Length..]}; {(engine.Process.Log.Length - before) / Repeats:N0} bytes of log for each of {Repeats}");
    }
}
