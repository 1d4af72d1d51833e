using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.Plugins;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class PushSinkTests
{
    readonly RSA _key = RSA.Create(2048);
    readonly string _file = Path.GetTempFileName();
    readonly AdjustableTime _time = new();
    Func<HttpContext, Task> _answerToken = context => context.Response.WriteAsync("""{"access_token":"ya29.abc","expires_in":3600,"token_type":"Bearer"}""");
    Func<HttpContext, Task> _answerMessage = context => context.Response.WriteAsync("""{"name":"projects/shop-1/messages/1"}""");

    [TearDown]
    public void Close()
    {
        _key.Dispose();
        File.Delete(_file);
    }

    [Test]
    public async Task A_message_is_posted_with_a_token_obtained_for_a_signed_assertion()
    {
        await using var receiver = await StartAsync();
        var item = Item() with { Subject = "Still here", Links = new InterventionLinks(Restore: "https://shop.example/r/1") };
        var batch = await WriteAsync(receiver, item);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        var (asked, posted) = (receiver.Posts[0], receiver.Posts[1]);
        var form = asked.Body.Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => WebUtility.UrlDecode(pair[1]), StringComparer.Ordinal);
        var assertion = form["assertion"].Split('.');
        using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(assertion[0]));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(assertion[1]));
        Assert.Multiple(() =>
        {
            Assert.That(form["grant_type"], Is.EqualTo("urn:ietf:params:oauth:grant-type:jwt-bearer"));
            Assert.That(head.RootElement.GetRawText(), Is.EqualTo("""{"alg":"RS256","typ":"JWT","kid":"k1"}"""));
            Assert.That(claims.RootElement.GetProperty("iss").GetString(), Is.EqualTo("push@shop-1.iam.example"));
            Assert.That(claims.RootElement.GetProperty("scope").GetString(), Is.EqualTo("https://www.googleapis.com/auth/firebase.messaging"));
            Assert.That(claims.RootElement.GetProperty("aud").GetString(), Is.EqualTo(receiver.Root + "/token"));
            Assert.That(claims.RootElement.GetProperty("exp").GetInt64() - claims.RootElement.GetProperty("iat").GetInt64(), Is.EqualTo(3600));
            Assert.That(_key.VerifyData(Encoding.ASCII.GetBytes(assertion[0] + "." + assertion[1]), Base64Url.DecodeFromChars(assertion[2]),
                HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
            Assert.That(posted.Path, Is.EqualTo("/v1/projects/shop-1/messages:send"));
            Assert.That(posted.Headers["authorization"], Is.EqualTo("Bearer ya29.abc"));
            Assert.That(JsonDocument.Parse(posted.Body).RootElement.GetProperty("message").GetRawText(), Is.EqualTo(
                "{\"token\":\"device-1\",\"notification\":{\"title\":\"Still here\",\"body\":" + JsonSerializer.Serialize(item.Message) + "},"
                + $"\"data\":{{\"intervention\":\"{item.Id}\",\"cart\":\"{item.CartId}\",\"link\":\"https://shop.example/r/1\"}}}}"));
        });
    }

    [Test]
    public async Task A_token_is_reused_until_a_minute_before_expiry()
    {
        await using var receiver = await StartAsync();
        await using var sink = Create(receiver).Sink;
        await sink.ConnectAsync(default);
        await sink.WriteAsync(new DeliveryBatch([Item(), Item(), Item()]), default);
        Assert.That(Asked(receiver), Is.EqualTo(1));
        _time.Now += TimeSpan.FromMinutes(58.9);
        await sink.WriteAsync(new DeliveryBatch([Item()]), default);
        Assert.That(Asked(receiver), Is.EqualTo(1));
        _time.Now += TimeSpan.FromSeconds(10);
        await sink.WriteAsync(new DeliveryBatch([Item(), Item(), Item()]), default);
        Assert.That(Asked(receiver), Is.EqualTo(2));
    }

    [Test]
    public async Task A_token_no_longer_accepted_is_replaced()
    {
        await using var receiver = await StartAsync();
        await using var sink = Create(receiver).Sink;
        _answerMessage = context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };
        var batch = new DeliveryBatch([Item()]);
        await sink.WriteAsync(batch, default);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Retry, "answered 401", null)));
        await sink.WriteAsync(batch, default);
        Assert.That(Asked(receiver), Is.EqualTo(2));
    }

    [TestCase(404, """{"error":{"code":404,"status":"NOT_FOUND","details":[{"@type":"x"},{"errorCode":"UNREGISTERED"}]}}""", DeliveryOutcome.Bounced, "answered 404, UNREGISTERED")]
    [TestCase(404, """{"error":{"code":404,"status":"NOT_FOUND"}}""", DeliveryOutcome.Bounced, "answered 404, NOT_FOUND")]
    [TestCase(404, "<html>not found</html>", DeliveryOutcome.Rejected, "answered 404")]
    [TestCase(400, """{"error":{"status":"INVALID_ARGUMENT","message":"device-1"}}""", DeliveryOutcome.Rejected, "answered 400, INVALID_ARGUMENT")]
    [TestCase(403, """{"error":{"status":"PERMISSION_DENIED","details":[{"errorCode":"SENDER_ID_MISMATCH"}]}}""", DeliveryOutcome.Rejected, "answered 403, SENDER_ID_MISMATCH")]
    [TestCase(403, """{"error":{"status":"PERMISSION_DENIED"}}""", DeliveryOutcome.Retry, "answered 403, PERMISSION_DENIED")]
    [TestCase(429, """{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"errorCode":"QUOTA_EXCEEDED"}]}}""", DeliveryOutcome.Retry, "answered 429, QUOTA_EXCEEDED")]
    [TestCase(500, """{"error":{"status":"for ann@example.com"}}""", DeliveryOutcome.Retry, "answered 500")]
    [TestCase(503, """{"error":null}""", DeliveryOutcome.Retry, "answered 503")]
    [TestCase(503, "null", DeliveryOutcome.Retry, "answered 503")]
    public async Task A_response_determines_the_messages_outcome(int status, string body, DeliveryOutcome outcome, string reason)
    {
        await using var receiver = await StartAsync();
        _answerMessage = async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
        };
        Assert.That((await WriteAsync(receiver, Item())).VerdictOf(0), Is.EqualTo(new DeliveryVerdict(outcome, reason, null)));
    }

    [TestCase(400, """{"error":"invalid_grant"}""", "the token endpoint answered 400")]
    [TestCase(200, "<html>", "the token endpoint answered without a token")]
    [TestCase(200, "null", "the token endpoint answered without a token")]
    [TestCase(200, """{"access_token":"a\r\nX-Evil: 1","expires_in":3600}""", "the token endpoint answered without a token")]
    [TestCase(200, """{"access_token":"a"}""", "the token endpoint answered without a token")]
    public async Task Without_a_token_the_sink_is_disconnected_and_messages_are_retried(int status, string body, string reason)
    {
        await using var receiver = await StartAsync();
        _answerToken = async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
        };
        var instance = Create(receiver);
        await using var sink = instance.Sink;
        Assert.That(async () => await sink.ConnectAsync(default), Throws.Exception.With.Message.EqualTo(reason));
        var batch = new DeliveryBatch([Item()]);
        await sink.WriteAsync(batch, default);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Retry, reason, null)));
        Assert.That((await instance.CheckHealthAsync(default)).Healthy, Is.False);
    }

    [TestCase("not JSON", "the credentials are not a service account's JSON file")]
    [TestCase("{}", "the credentials lack project_id, client_email or private_key")]
    [TestCase("""{"project_id":"a/../b","private_key":"x","client_email":"e","token_uri":"https://x.example"}""", "the credentials lack project_id, client_email or private_key")]
    [TestCase("""{"project_id":"p","private_key":"x","client_email":"e","token_uri":"http://x.example"}""", "the credentials' token_uri is not an https address")]
    [TestCase("""{"project_id":"p","private_key":"x","client_email":"e","token_uri":"https://x.example"}""", "the credentials' private_key is not an RSA key in PEM")]
    [TestCase(null, "the credentials cannot be read: FileNotFoundException")]
    public async Task Invalid_credentials_are_reported(string? text, string problem)
    {
        await using var receiver = await StartAsync();
        await using var sink = Create(receiver).Sink;
        if (text is null)
        {
            File.Delete(_file);
        }
        else
        {
            await File.WriteAllTextAsync(_file, text);
        }

        Assert.That(async () => await sink.ConnectAsync(default), Throws.Exception.With.Message.EqualTo(problem));
    }

    [Test]
    public async Task Without_a_device_nothing_is_sent()
    {
        await using var receiver = await StartAsync();
        var batch = await WriteAsync(receiver, Interventions.One(0));
        Assert.That(batch.VerdictOf(0), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Rejected, "the recipient has no push token", null)));
    }

    static int Asked(Receiver receiver) => receiver.Posts.Count(post => post.Path == "/token");

    static Intervention Item() => Interventions.One(0) with { Recipient = new Recipient(PushToken: "device-1") };

    async Task<Receiver> StartAsync()
    {
        var receiver = await Receiver.StartAsync((context, post) =>
        {
            context.Response.ContentType = "application/json";
            return post.Path == "/token" ? _answerToken(context) : _answerMessage(context);
        });
        await File.WriteAllTextAsync(_file, JsonSerializer.Serialize(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["type"] = "service_account",
            ["project_id"] = "shop-1",
            ["private_key_id"] = "k1",
            ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
            ["client_email"] = "push@shop-1.iam.example",
            ["token_uri"] = receiver.Root + "/token",
        }));
        return receiver;
    }

    async Task<DeliveryBatch> WriteAsync(Receiver receiver, params Intervention[] items)
    {
        await using var sink = Create(receiver).Sink;
        await sink.ConnectAsync(default);
        var batch = new DeliveryBatch(items);
        await sink.WriteAsync(batch, default);
        return batch;
    }

    SinkInstance Create(Receiver receiver) => PushSink.Spec.Create(
        new SinkSettings("push", PushSink.Spec, new Dictionary<string, string>(StringComparer.Ordinal) { ["url"] = receiver.Root, ["credentials"] = _file }).With(_time, TimeSpan.FromSeconds(10)));

    sealed class AdjustableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2024, 11, 20, 9, 40, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
