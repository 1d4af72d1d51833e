using CartRecovery.Contracts;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

/// <summary>The e-mail sink against a relay that misbehaves on command.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class EmailRelayTests : IAsyncDisposable
{
    readonly ScriptedRelay _relay = new();

    public ValueTask DisposeAsync() => _relay.DisposeAsync();

    [TestCase("421 4.7.0 too many errors", TestName = "{m}_421")]
    [TestCase(ScriptedRelay.Hangup, TestName = "{m}_that_ends_the_session")]
    [TestCase("450 4.7.1 greylisted", TestName = "{m}_450")]
    [TestCase("451 try later", TestName = "{m}_451")]
    [TestCase("452 4.2.2 mailbox full", TestName = "{m}_452")]
    public async Task A_recipients_temporary_answer_is_that_recipients_alone(string answer)
    {
        _relay.Answer = (verb, about) => verb == "RCPT" && about.StartsWith("p0@") ? answer : null;
        var batch = await WriteAsync(6);
        Assert.That(batch.VerdictOf(0)!.Outcome, Is.EqualTo(DeliveryOutcome.Postponed));
        Assert.That(Outcomes(batch)[1..], Is.All.EqualTo(DeliveryOutcome.Delivered));
        Assert.That(_relay.Mails.Select(mail => mail.Recipient), Is.EqualTo(Enumerable.Range(1, 5).Select(i => $"p{i}@example.com")));
    }

    [Test]
    public async Task A_recipient_whose_command_is_never_answered_holds_up_no_other()
    {
        _relay.Answer = (verb, about) => verb == "RCPT" && about.StartsWith("p1@") ? ScriptedRelay.Silence : null;
        var batch = await WriteAsync(3, timeout: TimeSpan.FromMilliseconds(500));
        Assert.That(Outcomes(batch), Is.EqualTo(new[] { DeliveryOutcome.Delivered, DeliveryOutcome.Postponed, DeliveryOutcome.Delivered }));
        Assert.That(batch.VerdictOf(1)!.Reason, Is.EqualTo("the relay did not answer in time"));
    }

    [Test]
    public async Task The_answer_to_the_final_dot_may_take_longer_than_a_command()
    {
        var timeout = TimeSpan.FromMilliseconds(400);
        _relay.BeforeAnswer = (about, stop) => about.StartsWith("p0@") ? Task.Delay(timeout * 3, stop) : Task.CompletedTask;
        Assert.That(Outcomes(await WriteAsync(3, timeout)), Is.All.EqualTo(DeliveryOutcome.Delivered));
        Assert.That(_relay.Mails, Has.Count.EqualTo(3), "one copy each");
    }

    [Test]
    public async Task A_message_that_the_relay_took_without_an_answer_is_not_sent_again_at_once()
    {
        _relay.Answer = (verb, about) => verb == "." && about.StartsWith("p0@") ? ScriptedRelay.Hangup : null;
        var batch = await WriteAsync(3);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(
            new DeliveryVerdict(DeliveryOutcome.Postponed, "the relay took the message but did not confirm it", TimeSpan.FromMinutes(30))));
        Assert.That(Outcomes(batch)[1..], Is.All.EqualTo(DeliveryOutcome.Delivered));
        Assert.That(_relay.CopiesFor("p0@example.com"), Is.EqualTo(1));
    }

    [TestCase("MAIL", "451 4.3.0 out of order")]
    [TestCase("MAIL", "421 4.3.2 shutting down")]
    [TestCase("MAIL", ScriptedRelay.Hangup)]
    [TestCase("connect", "421 4.3.2 shutting down")]
    public async Task A_relay_that_is_down_costs_no_message_a_try(string verb, string answer)
    {
        await using var sink = Create().Sink;
        await sink.ConnectAsync(default);
        await sink.WriteAsync(Batch(1), default);
        var session = true;
        _relay.Answer = (said, _) => said == verb ? answer : said == "NOOP" && verb == "connect" && session ? ScriptedRelay.Hangup : null;
        var batch = Batch(3);
        await sink.WriteAsync(batch, default);
        Assert.That(Outcomes(batch), Is.All.EqualTo(DeliveryOutcome.Skipped));
        session = false;
        _relay.Answer = (_, _) => null;
        var next = Batch(3);
        await sink.WriteAsync(next, default);
        Assert.That(Outcomes(next), Is.All.EqualTo(DeliveryOutcome.Delivered));
    }

    [TestCase("MAIL", "550 5.1.8 sender address rejected")]
    [TestCase("MAIL", "550 no")]
    [TestCase("RCPT", "550 5.1.8 sender address rejected")]
    [TestCase("RCPT", "530 5.7.0 authentication required")]
    [TestCase(".", "550 5.7.26 unauthenticated sender")]
    public async Task A_fault_of_the_sender_halts_the_sink_and_leaves_the_others_untried(string verb, string answer)
    {
        _relay.Answer = (said, _) => said == verb ? answer : null;
        var batch = await WriteAsync(3);
        Assert.That(Outcomes(batch), Is.EqualTo(new[] { DeliveryOutcome.Halted, DeliveryOutcome.Skipped, DeliveryOutcome.Skipped }));
    }

    [TestCase("jo@xn--mller-kva.example")]
    [TestCase("jo@m\u00fcller.example")]
    [TestCase("jo@M\u00dcLLER.example")]
    public async Task Both_spellings_of_an_international_domain_reach_the_relay_as_one(string address)
    {
        var batch = await WriteToAsync(address);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        Assert.That(_relay.Commands.Where(line => line.StartsWith("RCPT", StringComparison.OrdinalIgnoreCase)), Is.EqualTo(new[] { "RCPT TO:<jo@xn--mller-kva.example>" }));
        Assert.That(_relay.Mails.Single().Text, Does.Contain("jo@xn--mller-kva.example"));
    }

    [Test]
    public async Task An_international_local_part_is_rejected_by_name_where_the_relay_cannot_take_it()
    {
        var batch = await WriteToAsync("j\u00f6@example.com", "ann@example.com");
        Assert.That(batch.VerdictOf(0), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Rejected, "the relay does not support international addresses (SMTPUTF8)", null)));
        Assert.That(batch.VerdictOf(1), Is.EqualTo(DeliveryVerdict.Delivered));
        Assert.That(_relay.Mails.Select(mail => mail.Recipient), Is.EqualTo(new[] { "ann@example.com" }));

        _relay.Extensions = [.. _relay.Extensions, "SMTPUTF8"];
        Assert.That((await WriteToAsync("j\u00f6@example.com")).VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        Assert.That(_relay.Mails[^1].Recipient, Is.EqualTo("j\u00f6@example.com"));
    }

    async Task<DeliveryBatch> WriteToAsync(params string[] addresses)
    {
        await using var sink = Create().Sink;
        await sink.ConnectAsync(default);
        var batch = new DeliveryBatch([.. Interventions.Many(addresses.Length).Select((item, i) => item with { Subject = "Your cart", Recipient = new Recipient(Email: addresses[i]) })]);
        await sink.WriteAsync(batch, default);
        return batch;
    }

    [TestCase("550 5.7.1 delivery not authorized")]
    [TestCase("554 5.7.1 relay access denied")]
    [TestCase("550 5.7.606 banned sending IP")]
    public async Task A_policy_halts_the_sink_at_the_second_recipient_in_a_row(string answer)
    {
        _relay.Answer = (said, _) => said == "RCPT" ? answer : null;
        await using var sink = Create().Sink;
        await sink.ConnectAsync(default);
        var (first, second) = (Batch(3), Batch(1));
        await sink.WriteAsync(first, default);
        Assert.That(Outcomes(first), Is.EqualTo(new[] { DeliveryOutcome.Postponed, DeliveryOutcome.Halted, DeliveryOutcome.Skipped }));

        // A probe to the recipient that was rejected first.
        await sink.WriteAsync(second, default);
        Assert.That(Outcomes(second), Is.EqualTo(new[] { DeliveryOutcome.Halted }), "still, although it is one recipient");
        _relay.Answer = (_, _) => null;
        await sink.WriteAsync(Batch(1), default);
        _relay.Answer = (said, _) => said == "RCPT" ? answer : null;
        var again = Batch(1);
        await sink.WriteAsync(again, default);
        Assert.That(Outcomes(again), Is.EqualTo(new[] { DeliveryOutcome.Postponed }), "an accepted message ends it");
    }

    [Test]
    public async Task A_recipients_own_policy_never_halts_the_sink()
    {
        _relay.Answer = (said, argument) => said == "RCPT" && argument.Contains("p1@", StringComparison.Ordinal) ? "550 5.7.1 members only" : null;
        await using var sink = Create().Sink;
        await sink.ConnectAsync(default);
        for (var i = 0; i < 3; i++)
        {
            var batch = Batch(3);
            await sink.WriteAsync(batch, default);
            Assert.That(Outcomes(batch), Is.EqualTo(new[] { DeliveryOutcome.Delivered, DeliveryOutcome.Postponed, DeliveryOutcome.Delivered }));
        }
    }

    DeliveryBatch Batch(int count) => new([.. Interventions.Many(count).Select((item, i) =>
        item with { Subject = "Your cart", Recipient = new Recipient(Email: $"p{i}@example.com") })]);

    async Task<DeliveryBatch> WriteAsync(int count, TimeSpan? timeout = null)
    {
        await using var sink = Create(timeout).Sink;
        await sink.ConnectAsync(default);
        var batch = Batch(count);
        await sink.WriteAsync(batch, default);
        return batch;
    }

    SinkInstance Create(TimeSpan? timeout = null) => EmailSink.Spec.Create(
        new SinkSettings("mail", EmailSink.Spec, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = "127.0.0.1",
            ["port"] = _relay.Port.ToString(),
            ["tls"] = "none",
            ["from"] = "shop@example.org",
        }).With(TimeProvider.System, timeout ?? TimeSpan.FromSeconds(10)));

    static DeliveryOutcome?[] Outcomes(DeliveryBatch batch) => [.. Enumerable.Range(0, batch.Items.Count).Select(i => batch.VerdictOf(i)?.Outcome)];
}
