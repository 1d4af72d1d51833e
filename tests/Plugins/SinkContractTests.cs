using System.Security.Cryptography;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins;
using CartRecovery.Plugins.TestKit;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

/// <summary>Every shipped sink fulfils the sink contract.</summary>
sealed class SinkContractTests
{
    const string WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    static readonly SinkContractOptions s_options = new() { Sample = Sample };

    [Test]
    public async Task The_webhook_sink_keeps_its_contract()
    {
        await using var receiver = new HttpReceiver(url => new()
        {
            ["url"] = url + "/hook",
            ["secret"] = WebhookSecret,
            ["headers"] = new(new Dictionary<string, string>(StringComparer.Ordinal) { ["Authorization"] = "Bearer open-sesame" }),
        });
        var report = await VerifyAsync(WebhookSink.Spec, receiver, s_options with
        {
            InvalidSettings =
            [
                ("secret", "whsec_AAAA"), ("secret", "sesame-and-more"), ("url", "ftp://example.org/"), ("url", "http://shop.example/hook"),
                ("headers", new(new Dictionary<string, string>(StringComparer.Ordinal) { ["webhook-id"] = "1" })),
                ("headers", new(new Dictionary<string, string>(StringComparer.Ordinal) { ["X-A"] = "a\r\nX-B: b" })),
            ],
        });
        Assert.That(report.Checks.Where(check => check.Skipped), Is.Empty);
        Assert.That(receiver.Received, Has.All.Contains("Authorization: Bearer open-sesame").And.All.Contains("webhook-signature: v1,"));
    }

    [Test]
    public async Task The_slack_sink_keeps_its_contract()
    {
        await using var receiver = new HttpReceiver(url => new() { ["url"] = url + "/services/T0/B0/sesame" });
        await VerifyAsync(SlackSink.Spec, receiver, s_options with { PassesId = false, InvalidSettings = [("url", "http://hooks.slack.com/services/x")] });
    }

    [Test]
    public async Task The_sms_sink_keeps_its_contract()
    {
        await using var receiver = new HttpReceiver(url => new()
        {
            ["url"] = url,
            ["account"] = "AC0123456789abcdef0123456789abcdef",
            ["token"] = "open-sesame",
            ["from"] = "+15005550006",
        });
        await VerifyAsync(SmsSink.Spec, receiver, s_options with { PassesId = false, InvalidSettings = [("account", "AC12"), ("url", "http://api.example")] });
    }

    [Test]
    public async Task The_push_sink_keeps_its_contract()
    {
        using var key = RSA.Create(2048);
        var file = Path.GetTempFileName();
        await using var receiver = new HttpReceiver(url => new() { ["url"] = url, ["credentials"] = WriteAccount(file, url, key) })
        {
            Responder = request => request.StartsWith("POST /token", StringComparison.Ordinal) ? """{"access_token":"open-sesame","expires_in":3600}""" : null,
        };
        await VerifyAsync(PushSink.Spec, receiver, s_options with { InvalidSettings = [("url", "http://fcm.example")] });
        File.Delete(file);
    }

    [Test]
    public async Task The_email_sink_keeps_its_contract()
    {
        await using var receiver = new MailReceiver(await MailServer.StartAsync("starttls", auth: true));
        var report = await VerifyAsync(EmailSink.Spec, receiver, s_options with
        {
            InvalidSettings = [("port", "0"), ("tls", "yes"), ("tls", "none\n"), ("from", "shop"), ("replyTo", "a@b.example, c@d.example"), ("ca", "/nowhere.pem")],
        });
        Assert.That(report.Checks.Count(check => check.Skipped), Is.EqualTo(1), "SMTP has no Retry-After");
    }

    [Test]
    public async Task The_exec_sink_keeps_its_contract()
    {
        await using var receiver = new ProgramReceiver();
        var report = await VerifyAsync(ExecSink.Spec, receiver, s_options with { InvalidSettings = [("command", "a \"b"), ("command", "\"\" a")] });
        Assert.That(report.Checks.Where(check => check.Skipped), Is.Empty);
    }

    [Test]
    public async Task The_file_sink_keeps_its_contract()
    {
        await using var receiver = new FolderReceiver();
        await VerifyAsync(FileSink.Spec, receiver, s_options with { InvalidSettings = [("path", "data/"), ("maxBytes", "4095"), ("maxBytes", "1 MB")] });
    }

    [Test]
    public async Task The_console_sink_keeps_its_contract()
    {
        using var output = new MemoryStream();
        await using var receiver = new StreamReceiver(output);
        await VerifyAsync(
            ConsoleSink.Spec with
            {
                Create = _ => new SinkInstance(new ConsoleSink(Stream.Synchronized(output)), _ => ValueTask.FromResult(new SinkHealth(true, "a stream"))),
            },
            receiver, s_options);
    }

    static async Task<SinkContractReport> VerifyAsync(SinkSpec spec, SinkReceiver receiver, SinkContractOptions options)
    {
        var report = await SinkContract.VerifyAsync(spec, receiver, options);
        TestContext.Out.WriteLine(report);
        Assert.That(report.Failures, Is.Empty);
        return report;
    }

    static Intervention Sample(int number) => Interventions.One(number) with
    {
        Subject = "Your cart",
        Recipient = new Recipient("ann@example.com", "+4915112345678", "device-4711"),
    };

    static string WriteAccount(string file, string url, RSA key)
    {
        File.WriteAllText(file, JsonSerializer.Serialize(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["project_id"] = "shop-1",
            ["private_key"] = key.ExportPkcs8PrivateKeyPem(),
            ["client_email"] = "push@shop-1.iam.example",
            ["token_uri"] = url + "/token",
        }));
        return file;
    }
}
