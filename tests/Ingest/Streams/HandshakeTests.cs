using System.Text.Json;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
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
    config.Stores[0].Keys.Add(InProcessEngine.Key("sk_shop", KeyKind.Secret));
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
    [TestCase("/v1/stream?key=pk_any", 403, "forbidden_origin", "Origin:")]
    [TestCase("/v1/stream?key=pk_any", 403, "forbidden_origin", "Origin: ")]
    [TestCase("/v1/stream?key=sk_demo", 403, "secret_key_in_browser", "Origin: https://anything.example")]
    [TestCase("/v1/stream?key=sk_demo", 403, "secret_key_in_browser", "Origin: http://localhost")]
    [TestCase("/v1/stream?key=sk_demo", 403, "secret_key_in_browser", "Origin: null")]
    [TestCase("/v1/stream?key=sk_demo", 403, "secret_key_in_browser", "Origin:")]
    [TestCase("/v1/stream?key=sk_shop", 403, "secret_key_in_browser", "Origin: https://shop.example")]
    [TestCase("/v1/stream?key=sk_demo", 403, "loopback_only", "X-Forwarded-For: 127.0.0.1")]
    [TestCase("/v1/stream?key=sk_demo", 403, "loopback_only", "Forwarded: for=127.0.0.1")]
    [TestCase("/v1/stream?key=sk_demo", 403, "loopback_only", "x-real-ip: 203.0.113.9")]
    [TestCase("/v1/stream?key=sk_demo", 403, "loopback_only", "Via: 1.1 proxy")]
    [TestCase("/v1/stream?key=pk_demo", 403, "loopback_only", "X-Forwarded-Proto: https")]
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

    [TestCase("localhost", 101)]
    [TestCase("LOCALHOST:8081", 101)]
    [TestCase("127.0.0.1", 101)]
    [TestCase("127.8.8.8:8080", 101)]
    [TestCase("[::1]:8080", 101)]
    [TestCase("attacker.example", 403)]
    [TestCase("attacker.example:8080", 403)]
    [TestCase("localhost.attacker.example", 403)]
    [TestCase("127.0.0.1.attacker.example", 403)]
    [TestCase("192.168.1.7:8080", 403)]
    [TestCase("", 403)]
    public async Task A_loopback_key_works_only_under_a_loopback_host(string host, int status)
    {
        var loopback = await AskHostAsync("/v1/stream?key=sk_demo", host, Upgrade, Connection, Version, Nonce);
        var any = await AskHostAsync("/v1/stream?key=sk_shop", host, Upgrade, Connection, Version, Nonce);

        Assert.That((loopback.Status, loopback.Problem.Code), Is.EqualTo((status, status == 403 ? "loopback_only" : null)));
        Assert.That(any.Status, Is.EqualTo(101), "a key without the restriction");
    }

    [TestCase("X-A: b\rX-Api-Key: sk_demo")]
    [TestCase("X-A: b\r")]
    [TestCase("X-A: b\nX-Api-Key: sk_demo")]
    [TestCase("X-A: b\0c")]
    [TestCase("X\rA: b")]
    [TestCase("X A: b")]
    [TestCase("Host: second.example")]
    public async Task A_head_that_programs_read_differently_is_rejected(string header)
    {
        using var client = await RawClient.ConnectAsync(via == StreamTransport.WebSocket ? Engine.Stream : Engine.HttpPort);
        await client.SendAsync(RawClient.Handshake("/v1/stream", header, "X-Api-Key: sk_none"));

        // A bare LF ends a line on the HTTP port, where the second key of the request then counts for nothing either.
        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 40"));
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

    Task<Answer> AskAsync(string target, params string[] headers) => AskHostAsync(target, "localhost", headers);

    async Task<Answer> AskHostAsync(string target, string host, params string[] headers)
    {
        using var client = await RawClient.ConnectAsync(via == StreamTransport.WebSocket ? Engine.Stream : Engine.HttpPort);
        await client.SendAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n");
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
