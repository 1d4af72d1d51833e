using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

sealed class SmsSinkTests
{
    const string Account = "AC0123456789abcdef0123456789abcdef";
    const string Service = "MG0123456789abcdef0123456789abcdef";

    [TestCase("+15005550006", "From")]
    [TestCase("The Shop", "From")]
    [TestCase(Service, "MessagingServiceSid")]
    public async Task A_message_is_posted_in_the_APIs_format(string from, string sender)
    {
        await using var receiver = await Receiver.StartAsync(201);
        var item = Interventions.One(0) with { Message = "Ünïted & “carts” + 🛒", Recipient = new Recipient(Phone: "+4915112345678") };
        var batch = await WriteAsync(receiver.Root, [item], from);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        var post = receiver.Posts.Single();
        var form = post.Body.Split('&').Select(pair => pair.Split('=')).ToDictionary(
            pair => pair[0], pair => Uri.UnescapeDataString(pair[1].Replace('+', ' ')), StringComparer.Ordinal);
        Assert.Multiple(() =>
        {
            Assert.That(post.Path, Is.EqualTo($"/2010-04-01/Accounts/{Account}/Messages.json"));
            Assert.That(post.Headers["authorization"], Is.EqualTo("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Account + ":secret"))));
            Assert.That(post.Headers["content-type"], Is.EqualTo("application/x-www-form-urlencoded"));
            Assert.That(form, Is.EquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["To"] = "+4915112345678",
                [sender] = from,
                ["Body"] = item.Message,
            }));
        });
    }

    [TestCase(400, """{"code":21211,"message":"'To' +4915 is no number"}""", DeliveryOutcome.Bounced, "answered 400 with code 21211: no such number", true)]
    [TestCase(400, """{"code":21614}""", DeliveryOutcome.Bounced, "answered 400 with code 21614: not a mobile number", true)]
    [TestCase(400, """{"code":21610}""", DeliveryOutcome.Bounced, "answered 400 with code 21610: the recipient has unsubscribed", true)]
    [TestCase(400, """{"code":21617}""", DeliveryOutcome.Rejected, "answered 400 with code 21617", false)]
    [TestCase(401, """{"code":20003}""", DeliveryOutcome.Retry, "answered 401 with code 20003", false)]
    [TestCase(429, """{"code":20429}""", DeliveryOutcome.Retry, "answered 429 with code 20429", false)]
    [TestCase(503, "<html>", DeliveryOutcome.Retry, "answered 503", false)]
    [TestCase(400, "[1]", DeliveryOutcome.Rejected, "answered 400", false)]
    [TestCase(400, """{"code":"x"}""", DeliveryOutcome.Rejected, "answered 400", false)]
    [TestCase(400, "", DeliveryOutcome.Rejected, "answered 400", false)]
    public async Task A_response_determines_the_messages_outcome(int status, string body, DeliveryOutcome outcome, string reason, bool healthy)
    {
        await using var receiver = await Receiver.StartAsync(async (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "7";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        });
        var instance = SmsSink.Spec.Create(Settings(receiver.Root));
        await using var sink = instance.Sink;
        var batch = new DeliveryBatch([Interventions.One(0) with { Recipient = new Recipient(Phone: "+4915112345678") }]);
        await sink.WriteAsync(batch, default);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(
            new DeliveryVerdict(outcome, reason, outcome == DeliveryOutcome.Retry ? TimeSpan.FromSeconds(7) : null)));
        Assert.That((await instance.CheckHealthAsync(default)).Healthy, Is.EqualTo(healthy));
    }

    [Test]
    public async Task Without_a_number_nothing_is_sent()
    {
        await using var receiver = await Receiver.StartAsync(201);
        var batch = await WriteAsync(receiver.Root, [Interventions.One(0)], "Shop");
        Assert.That(batch.VerdictOf(0), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Rejected, "the recipient has no phone number", null)));
        Assert.That(receiver.Posts, Is.Empty);
    }

    [TestCase("url", "http://api.example", "url: expected an absolute https URL without a user name")]
    [TestCase("account", "AC12", "account: expected AC and 32 hexadecimal digits")]
    [TestCase("account", "../../3456789abcdef0123456789abcdef", "account: expected AC and 32 hexadecimal digits")]
    [TestCase("token", "", "token: expected a text that is not empty")]
    [TestCase("from", "", "from: expected text, neither blank nor with control characters")]
    public void Invalid_settings_are_rejected(string option, string value, string problem) =>
        Assert.That(() => SmsSink.Spec.Create(Settings("https://api.example", (option, value))),
            Throws.InstanceOf<SinkConfigurationException>().With.Message.EqualTo(problem));

    static async Task<DeliveryBatch> WriteAsync(string url, IReadOnlyList<Intervention> items, string from)
    {
        await using var sink = SmsSink.Spec.Create(Settings(url, ("from", from))).Sink;
        await sink.ConnectAsync(default);
        var batch = new DeliveryBatch(items);
        await sink.WriteAsync(batch, default);
        return batch;
    }

    static SinkSettings Settings(string url, params (string Name, string Value)[] options)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["url"] = url,
            ["account"] = Account,
            ["token"] = "secret",
            ["from"] = "+15005550006",
        };
        foreach (var (name, value) in options)
        {
            values[name] = value;
        }

        return new SinkSettings("sms", SmsSink.Spec, values);
    }
}
