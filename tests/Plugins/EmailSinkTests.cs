using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;
using MimeKit;

namespace CartRecovery.Tests.Plugins;

sealed class EmailSinkTests
{
    [Test]
    public async Task A_message_is_sent_over_TLS_with_login_and_standard_headers()
    {
        await using var server = await MailServer.StartAsync("starttls", auth: true);
        var item = Item("ann@example.com") with
        {
            Subject = "Ünïted “carts” 🛒",
            Message = "Your Smartphone is still here\n\n.\nA line with a dot",
            Html = "<p>Your <b>Smartphone</b> is still here</p>",
            Links = new InterventionLinks("https://shop.example/r/1", "https://shop.example/u/" + new string('x', 200) + "?a=1&b=2"),
        };
        var batch = await WriteAsync(server, [item], ("tls", "starttls"), ("ca", server.Authority), ("user", "shop"), ("password", "pa ss+wörd"),
            ("from", "The Shop, Inc. ☂ <shop@example.org>"), ("replyTo", "help@example.org"));
        Assert.That(batch.VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        await Eventually.Is(() => server.Mails.Count == 1, "the mail arrived");
        var mail = server.Mails.Single();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(mail.Text));
        using var message = await MimeMessage.LoadAsync(stream);
        Assert.Multiple(() =>
        {
            Assert.That((mail.Sender, mail.Recipient, mail.Tls, mail.User), Is.EqualTo(("shop@example.org", "ann@example.com", true, "shop")));
            Assert.That(message.Subject, Is.EqualTo(item.Subject));
            Assert.That(message.From.Mailboxes.Single().Name, Is.EqualTo("The Shop, Inc. ☂"));
            Assert.That(message.ReplyTo.Mailboxes.Single().Address, Is.EqualTo("help@example.org"));
            Assert.That(mail.Header("Message-ID"), Is.EqualTo($"<{item.Id}@example.org>"));
            Assert.That(mail.Header("List-Unsubscribe").Replace(" ", ""), Is.EqualTo($"<{item.Links.Unsubscribe}>"));
            Assert.That(mail.Header("List-Unsubscribe-Post"), Is.EqualTo("List-Unsubscribe=One-Click"));
            Assert.That(mail.Headers("Date"), Has.Count.EqualTo(1));
            Assert.That(message.Body!.ContentType.MimeType, Is.EqualTo("multipart/alternative"));
            Assert.That(message.TextBody!.ReplaceLineEndings("\n").TrimEnd(), Is.EqualTo(item.Message));
            Assert.That(message.HtmlBody!.TrimEnd(), Is.EqualTo(item.Html));
        });
    }

    [Test]
    public async Task Implicit_TLS_works_and_without_HTML_the_message_is_plain_text()
    {
        await using var server = await MailServer.StartAsync("tls");
        var batch = await WriteAsync(server, [Item("ann@example.com")], ("tls", "tls"), ("ca", server.Authority));
        Assert.That(batch.VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        await Eventually.Is(() => server.Mails.Count == 1, "the mail arrived");
        Assert.That(server.Mails.Single().Header("Content-Type"), Does.StartWith("text/plain; charset=utf-8"));
        Assert.That(server.Mails.Single().Headers("List-Unsubscribe"), Is.Empty);
    }

    [Test]
    public async Task Batches_share_one_session()
    {
        await using var server = await MailServer.StartAsync();
        await using var sink = Create(server).Sink;
        await sink.ConnectAsync(default);
        for (var i = 0; i < 3; i++)
        {
            await sink.WriteAsync(new DeliveryBatch([Item("ann@example.com"), Item("bob@example.com")]), default);
        }

        await Eventually.Is(() => server.Mails.Count == 6, "all mails arrived");
        Assert.That(server.Sessions, Is.EqualTo(1));
    }

    [Test]
    public async Task Each_recipient_has_its_own_outcome_and_the_session_continues()
    {
        await using var server = await MailServer.StartAsync();
        string[] names = ["nobody", "ann", "full", "spam", "bob", "policy", "eve"];
        var batch = await WriteAsync(server, [.. names.Select(name => Item(name + "@example.com"))]);
        Assert.That(Enumerable.Range(0, names.Length).Select(batch.VerdictOf), Is.EqualTo(new[]
        {
            new DeliveryVerdict(DeliveryOutcome.Bounced, "the recipient was rejected with 550 5.1.1", null),
            DeliveryVerdict.Delivered,
            new DeliveryVerdict(DeliveryOutcome.Postponed, "the recipient was rejected with 452 4.2.2", null),
            new DeliveryVerdict(DeliveryOutcome.Rejected, "the message was rejected with 554 5.6.0", null),
            DeliveryVerdict.Delivered,
            new DeliveryVerdict(DeliveryOutcome.Postponed, "the recipient was rejected with 554 5.7.1", null),
            DeliveryVerdict.Delivered,
        }));
        Assert.That(server.Sessions, Is.EqualTo(1));
    }

    [Test]
    public async Task A_rejected_sender_halts_the_sink_with_a_reason()
    {
        await using var server = await MailServer.StartAsync();
        var instance = Create(server, ("from", "blocked@example.org"));
        await using var sink = instance.Sink;
        var batch = new DeliveryBatch([Item("ann@example.com")]);
        await sink.WriteAsync(batch, default);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Halted, "the sender was rejected with 550 5.7.1", null)));
        var health = await instance.CheckHealthAsync(default);
        Assert.That((health.Healthy, health.Detail), Is.EqualTo((false, $"127.0.0.1:{server.Port}: the sender was rejected with 550 5.7.1")));
    }

    [TestCase("die")]
    [TestCase("busy")]
    public async Task A_relay_that_ends_the_session_midway_loses_no_message(string name)
    {
        await using var server = await MailServer.StartAsync();
        var batch = await WriteAsync(server, [Item("ann@example.com"), Item(name + "@example.com"), Item("bob@example.com")]);
        Assert.That(Enumerable.Range(0, 3).Select(i => batch.VerdictOf(i)?.Outcome), Is.EqualTo(new DeliveryOutcome?[]
        {
            DeliveryOutcome.Delivered, DeliveryOutcome.Postponed, DeliveryOutcome.Delivered,
        }));
        Assert.That(server.Sessions, Is.EqualTo(2));
    }

    [Test]
    public async Task A_write_ends_when_the_engine_stops()
    {
        await using var server = await MailServer.StartAsync();
        await using var sink = Create(server).Sink;
        using var over = new CancellationTokenSource();
        var batch = new DeliveryBatch([Item("ann@example.com"), Item("slow@example.com")]);
        var write = sink.WriteAsync(batch, over.Token).AsTask();
        await Eventually.Is(() => batch.VerdictOf(0) is not null, "the first mail is sent");
        await over.CancelAsync();
        Assert.That(async () => await write.WaitAsync(Eventually.Deadline), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(batch.VerdictOf(1), Is.Null);
    }

    [Test]
    public async Task A_wrong_password_untrusted_certificate_or_missing_TLS_fails_the_connection()
    {
        await using var server = await MailServer.StartAsync("starttls", auth: true);
        await using var plain = await MailServer.StartAsync();
        Assert.Multiple(() =>
        {
            Assert.That(async () => await Connect(server, ("tls", "starttls"), ("ca", server.Authority), ("user", "shop"), ("password", "no")),
                Throws.InstanceOf<MailKit.Security.AuthenticationException>());
            Assert.That(async () => await Connect(server, ("tls", "starttls")), Throws.InstanceOf<MailKit.Security.SslHandshakeException>());
            Assert.That(async () => await Connect(plain, ("tls", "starttls")), Throws.InstanceOf<NotSupportedException>());
        });

        static async Task Connect(MailServer server, params (string, string)[] options)
        {
            await using var sink = Create(server, options).Sink;
            await sink.ConnectAsync(default);
        }
    }

    [Test]
    public async Task No_value_breaks_out_of_its_header()
    {
        await using var server = await MailServer.StartAsync();
        var item = Item("ann@example.com") with
        {
            Subject = "Hello\r\nBcc: eve@example.net\r\n\r\nbody\u2028\0",
            Links = new InterventionLinks(null, "https://shop.example/u>\r\nX-Evil: 1\r\n,<mailto:eve@example.net>"),
        };
        string[] addresses = ["ann@example.com\r\nRCPT TO:<eve@example.net>", "a@b.example,eve@example.net", "Ann <a@b.example>", "ann", "@", "", "a b@c.example",
            "group:a@b.example;", "ann@"];
        var batch = await WriteAsync(server, [item, .. addresses.Select(Item), Item("x@y.example") with { Recipient = null }, Item("x@y.example") with { Subject = " " }]);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        for (var i = 1; i <= addresses.Length; i++)
        {
            Assert.That(batch.VerdictOf(i)?.Reason, Is.EqualTo("the e-mail address is malformed"), addresses[i - 1]);
        }

        Assert.That(batch.VerdictOf(addresses.Length + 1)?.Reason, Is.EqualTo("the recipient has no e-mail address"));
        Assert.That(batch.VerdictOf(addresses.Length + 2)?.Reason, Is.EqualTo("the campaign has no subject"));
        await Eventually.Is(() => server.Mails.Count == 1, "one mail arrived");
        var mail = server.Mails.Single();
        Assert.That(mail.Header("Subject"), Is.EqualTo("Hello Bcc: eve@example.net body"));
        Assert.That(mail.Headers("Bcc").Count + mail.Headers("X-Evil").Count, Is.Zero);
        Assert.That(mail.Recipient, Is.EqualTo("ann@example.com"));
    }

    [TestCase("https://shop.example/u", true)]
    [TestCase("http://127.0.0.1:8080/u", true)]
    [TestCase("http://shop.example/u", false)]
    [TestCase("mailto:u@shop.example", false)]
    [TestCase("/u", false)]
    public async Task One_click_unsubscribe_requires_HTTPS(string link, bool offered)
    {
        await using var server = await MailServer.StartAsync();
        await WriteAsync(server, [Item("ann@example.com") with { Links = new InterventionLinks(null, link) }]);
        await Eventually.Is(() => server.Mails.Count == 1, "the mail arrived");
        Assert.That(server.Mails.Single().Headers("List-Unsubscribe"), Is.EqualTo(offered ? new[] { $"<{link}>" } : []));
        Assert.That(server.Mails.Single().Headers("List-Unsubscribe-Post"), Has.Count.EqualTo(offered ? 1 : 0));
    }

    [Test]
    public async Task Every_message_is_delivered_through_the_engine_after_a_relay_crash()
    {
        using var log = new LogLines();
        await using var server = await MailServer.StartAsync();
        var options = new SinkRunnerOptions { Batch = 5, MaxInFlight = 2, RetryDelay = TimeSpan.FromMilliseconds(10) };
        var runner = new SinkRunner("mail", EmailSink.Spec, Settings(server), options, TimeProvider.System, log);
        runner.Start();
        foreach (var item in Many(0))
        {
            runner.TryEnqueue(item);
        }

        await Eventually.Is(() => runner.Total(FinalOutcome.Delivered) == 20, "the first half arrived");
        server.Kill();
        foreach (var item in Many(20))
        {
            runner.TryEnqueue(item);
        }

        await Eventually.Is(() => runner.State.LastError is not null, "the outage is detected");
        await using var again = await MailServer.StartAsync(port: server.Port);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(runner.Total(FinalOutcome.Delivered), Is.EqualTo(40));
        await Eventually.Is(() => again.Mails.Count == 20, "the second half arrived");
        Assert.That(server.Mails.Concat(again.Mails).Select(mail => mail.Header("Message-ID")).Distinct().Count(), Is.EqualTo(40));
        Assert.That(log.AtLeast(Microsoft.Extensions.Logging.LogLevel.Debug), Has.None.Contains("example.com"));

        static IEnumerable<Intervention> Many(int first) =>
            Interventions.Many(20, first).Select(item => item with { Subject = "Hi", Recipient = new Recipient(Email: "ann@example.com") });
    }

    [TestCase("host", "no host", "host: expected a host name or an IP address")]
    [TestCase("port", "0", "port: expected a whole number from 1 to 65535")]
    [TestCase("tls", "yes", "tls: expected starttls, tls or none")]
    [TestCase("from", "shop", "from: expected an e-mail address, with or without a name before it")]
    [TestCase("from", "a@b.example\r\nBcc: c@d.example", "from: expected text, neither blank nor with control characters")]
    [TestCase("replyTo", "a@b.example, c@d.example", "replyTo: expected an e-mail address, with or without a name before it")]
    [TestCase("user", "shop", "password: required with 'user'")]
    [TestCase("ca", "/nowhere.pem", "ca: expected a readable PEM file of certificates")]
    public void Invalid_settings_are_rejected(string option, string value, string problem) =>
        Assert.That(() => EmailSink.Spec.Create(Settings("mail.example", 25, (option, value))),
            Throws.InstanceOf<SinkConfigurationException>().With.Message.EqualTo(problem));

    [Test]
    public void A_password_is_not_sent_in_clear_text() =>
        Assert.That(() => EmailSink.Spec.Create(Settings("mail.example", 25, ("tls", "none"), ("user", "a"), ("password", "b"))),
            Throws.InstanceOf<SinkConfigurationException>().With.Property("Option").EqualTo("tls"));

    static Intervention Item(string address) =>
        Interventions.One(0) with { Subject = "Your cart", Recipient = new Recipient(Email: address) };

    static async Task<DeliveryBatch> WriteAsync(MailServer server, IReadOnlyList<Intervention> items, params (string, string)[] options)
    {
        await using var sink = Create(server, options).Sink;
        await sink.ConnectAsync(default);
        var batch = new DeliveryBatch(items);
        await sink.WriteAsync(batch, default);
        return batch;
    }

    static SinkInstance Create(MailServer server, params (string, string)[] options) => EmailSink.Spec.Create(Settings(server, options));

    static SinkSettings Settings(MailServer server, params (string, string)[] options) => Settings("127.0.0.1", server.Port, options);

    static SinkSettings Settings(string host, int port, params (string Name, string Value)[] options)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = host,
            ["port"] = port.ToString(),
            ["tls"] = "none",
            ["from"] = "shop@example.org",
        };
        foreach (var (name, value) in options)
        {
            values[name] = value;
        }

        return new SinkSettings("mail", EmailSink.Spec, values);
    }
}
