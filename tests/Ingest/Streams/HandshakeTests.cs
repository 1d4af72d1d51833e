using System.Text.Json;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>Which WebSocket handshakes are admitted on both ports, and the errors of the others.</summary>
[TestFixture(StreamTransport.WebSocket)]
[TestFixture(StreamTransport.HttpUpgrade)]
sealed class HandshakeTests(StreamTransport via) : EngineFixture(config =>
{
    config.Listen.HandshakeTimeout = Duration.FromMilliseconds(300);
    config.Stores[0].Keys.Add(InProcessEngine.Key("pk_shop", KeyKind.Publishable, "https://shop.example", "http://dev.example:*"));
    config.Stores[0].Keys.Add(InProcessEngine.Key("pk_any", KeyKind.Publishable, "*"));
    config.Stores[0].Keys.Add(InProcessEngine.Key("pk_none", KeyKind.Publishable));
})
{
    const string Upgrade = "Upgrade: websocket", Connection = "Connection: Upgrade", Version = "Sec-WebSocket-Version: 13",
        Nonce = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";


    [TestCase("/v1/stream?key=sk_demo")]
    [TestCase("/v1/stream?other=1&key=sk_demo&keys=x")]
    [TestCase("/v1/stream?key=sk%5Fdemo")]
    [TestCase("/v1/stream", "X-Api-Key: sk_demo")]
    [TestCase("/v1/stream", "x-api-key:sk_demo")]
    [TestCase("/v1/stream", "Authorization: Bearer sk_demo")]
    [TestCase("/v1/stream", "authorization: bearer  sk_demo ")]
    [TestCase("/v1/stream?key=sk_demo", "Origin: https://anything.example")]
    [TestCase("/v1/stream?key=pk_demo", "Origin: http://localhost:3000")]
    [TestCase("/v1/stream?key=pk_demo", "Origin: http://127.0.0.1")]
    [TestCase("/v1/stream?key=pk_demo")]
    [TestCase("/v1/stream?key=pk_shop", "Origin: https://shop.example")]
    [TestCase("/v1/stream?key=pk_shop", "Origin: http://dev.example:8443")]
    [TestCase("/v1/stream?key=pk_any", "Origin: https://anything.example")]
    [TestCase("/v1/stream?key=pk_none")]
    public async Task A_key_opens_the_stream(string target, params string[] headers)
    {
        var answer = await AskAsync(target, [Upgrade, Connection, Version, Nonce, .. headers]);

        Assert.That(answer.Status, Is.EqualTo(101));
    }

    [TestCase("upgrade: WebSocket", "connection: keep-alive, upgrade")]
    [TestCase("UPGRADE: WEBSOCKET", "CONNECTION: UPGRADE")]
    [TestCase("Upgrade:websocket", "Connection:Upgrade")]
    public async Task Header_names_and_tokens_are_case_insensitive(params string[] headers) =>
        Assert.That((await AskAsync("/v1/stream?key=sk_demo", [Version, Nonce, .. headers])).Status, Is.EqualTo(101));

    [TestCase("/v1/stream", 401, "missing_key")]
    [TestCase("/v1/stream?key=", 401, "missing_key")]
    [TestCase("/v1/stream", 401, "missing_key", "Authorization: Basic c2tfZGVtbw==")]
    [TestCase("/v1/stream?key=sk_other", 401, "unknown_key")]
    [TestCase("/v1/stream", 401, "unknown_key", "X-Api-Key: SK_DEMO")]
    [TestCase("/v1/stream?key=pk_demo", 403, "forbidden_origin", "Origin: https://evil.example")]
    [TestCase("/v1/stream?key=pk_demo", 403, "forbidden_origin", "Origin: http://localhost.evil.example:3000")]
    [TestCase("/v1/stream?key=pk_demo", 403, "forbidden_origin", "Origin: http://localhost:3000.evil.example")]
    [TestCase("/v1/stream?key=pk_demo", 403, "forbidden_origin", "Origin: https://localhost:3000")]
    [TestCase("/v1/stream?key=pk_demo", 403, "forbidden_origin", "Origin: null")]
    [TestCase("/v1/stream?key=pk_shop", 403, "forbidden_origin", "Origin: https://shop.example:444")]
    [TestCase("/v1/stream?key=pk_none", 403, "forbidden_origin", "Origin: https://shop.example")]
    public async Task Unauthorized_clients_receive_the_reason(string target, int status, string code, params string[] headers) =>
        Assert.That((await AskAsync(target, [Upgrade, Connection, Version, Nonce, .. headers])).Problem, Is.EqualTo((status, code)));

    [TestCase(426, "upgrade_required", Connection, Version, Nonce)]
    [TestCase(426, "upgrade_required", "Upgrade: h2c", Connection, Version, Nonce)]
    [TestCase(426, "upgrade_required", Upgrade, "Connection: keep-alive", Version, Nonce)]
    [TestCase(426, "websocket_version", Upgrade, Connection, Nonce)]
    [TestCase(426, "websocket_version", Upgrade, Connection, "Sec-WebSocket-Version: 8", Nonce)]
    [TestCase(400, "bad_handshake", Upgrade, Connection, Version)]
    [TestCase(400, "bad_handshake", Upgrade, Connection, Version, "Sec-WebSocket-Key: short")]
    [TestCase(400, "bad_handshake", Upgrade, Connection, Version, "Sec-WebSocket-Key: !!!!IHNhbXBsZSBub25jZQ==")]
    [TestCase(400, "bad_handshake", Upgrade, Connection, Version, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTEyMzQ1")]
    [TestCase(400, "bad_handshake", Upgrade, Connection, Version, Nonce, Nonce)]
    public async Task An_incomplete_handshake_is_rejected_with_what_is_missing(int status, string code, params string[] headers)
    {
        var answer = await AskAsync("/v1/stream?key=sk_demo", headers);

        Assert.That(answer.Problem, Is.EqualTo((status, code)));
        if (status == 426)
        {
            Assert.That(answer.Head, Does.Contain(code == "websocket_version" ? "Sec-WebSocket-Version: 13" : "Upgrade: websocket"));
        }
    }

    [TestCase("/")]
    [TestCase("/v1/streams?key=sk_demo")]
    [TestCase("/V1/nothing")]
    public async Task An_unknown_path_is_not_found(string target) =>
        Assert.That((await AskAsync(target, Upgrade, Connection, Version, Nonce)).Problem, Is.EqualTo((404, "not_found")));

    [Test]
    public async Task A_missing_request_head_times_out([Values(0, 1, 40)] int sent)
    {
        using var client = await RawClient.ConnectAsync(via == StreamTransport.WebSocket ? Engine.Stream : Engine.HttpPort);
        await client.SendAsync(RawClient.Handshake()[..sent]);

        // The HTTP port may report the timeout; both ports close the connection.
        Assert.That(System.Text.Encoding.ASCII.GetString(await client.ReadToEndAsync()), Is.Empty.Or.StartsWith("HTTP/1.1 408 "));
    }

    async Task<Answer> AskAsync(string target, params string[] headers)
    {
        using var client = await RawClient.ConnectAsync(via == StreamTransport.WebSocket ? Engine.Stream : Engine.HttpPort);
        await client.SendAsync($"GET {target} HTTP/1.1\r\nHost: test\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n");
        var head = await client.ReadHeadAsync();
        var status = int.Parse(head[9..12]);
        if (status == 101)
        {
            return new Answer(head, status, default);
        }

        Assert.That(head, Does.Contain("Content-Type: application/problem+json\r\n"));
        var length = int.Parse(head.Split('\n').Single(l => l.StartsWith("Content-Length:", StringComparison.Ordinal))[15..].Trim());
        client.HalfClose();
        var body = await client.ReadToEndAsync();
        Assert.That(body, Has.Length.EqualTo(length));
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        Assert.That(root.GetProperty("status").GetInt32(), Is.EqualTo(status));
        Assert.That(root.GetProperty("title").GetString(), Is.Not.Empty.And.Not.EqualTo("Error"));
        Assert.That(root.GetProperty("detail").GetString(), Is.Not.Empty);
        return new Answer(head, status, (status, root.GetProperty("code").GetString()!));
    }

    sealed record Answer(string Head, int Status, (int Status, string Code) Problem);
}
