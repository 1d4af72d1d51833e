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
        new("a loopback key through a proxy", engine => StatusAsync(engine, HttpMethod.Get, "/v1/deadletters", AttackPlan.Local, null, ("X-Forwarded-For", "203.0.113.7"))),
        new("a loopback key of a rebound name", engine => StatusAsync(engine, HttpMethod.Get, "/v1/deadletters", AttackPlan.Local, null, ("Host", "evil.example"))),
        new("a secret key in a page", engine => StatusAsync(engine, HttpMethod.Get, "/v1/deadletters", AttackPlan.Secret, null, ("Origin", "https://evil.example"))),
        new("another store's campaign", engine => StatusAsync(engine, HttpMethod.Post, "/v1/campaigns/plan/preview", AttackPlan.Other, "{}"))
        {
            Campaign = "{ name: plan, stores: [demo], trigger: { idle: 30m }, action: { type: reminder }, channel: console, message: \"Our plan\" }",
        },
        new("a chunk of 2 GB", ChunkAsync),
    ];

    static async Task<string> StatusAsync(
        AttackedEngine engine, HttpMethod method, string path, string key, string? body, params (string Name, string Value)[] headers)
    {
        var (status, answer) = await engine.SendAsync(method, path, key, body, headers);
        return string.Create(CultureInfo.InvariantCulture, $"{(int)status}, {answer.Length} bytes");
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
