using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>Messages that a sink could not deliver now.</summary>
public sealed class RetryTests
{
    [Test]
    public void A_message_is_tried_with_growing_waits_while_it_is_of_use()
    {
        using var fixture = Shopper(usefulHours: 4);
        var tries = new List<long>();
        for (var minute = 0; minute < 5 * 60; minute++)
        {
            fixture.Pass(Minute);
            if (fixture.Sent.Count > tries.Count)
            {
                tries.Add((fixture.Now - Noon) / Minute);
                fixture.It.Postpone(fixture.Sent[^1], "the recipient was rejected with 450 4.7.1", after: null, fixture.Now);
            }
        }

        var waits = tries.Zip(tries.Skip(1), (from, to) => to - from).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(waits[..6], Is.Ordered);
            Assert.That(waits[0], Is.InRange(1, 2));
            Assert.That(waits, Is.All.LessThanOrEqualTo(67));
            Assert.That(tries[^1], Is.InRange(230, 241), "the last try is just before it expires");
            Assert.That(fixture.Sent.Select(sent => sent.Id).Distinct().Count(), Is.EqualTo(1), "under the same id");
            Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Failed }));
            Assert.That(fixture.Count("SELECT count(*) FROM intervention WHERE detail LIKE '%450%'"), Is.EqualTo(1));
        });
    }

    [Test]
    public void A_postponed_message_is_checked_again_and_counts_for_no_cap()
    {
        using var fixture = Shopper();
        fixture.Pass(Minute);
        fixture.It.Postpone(fixture.Sent.Single(), "busy", after: null, fixture.Now);
        Assert.That(fixture.Count("SELECT count(*) FROM intervention WHERE sent_at IS NOT NULL OR reached IS NOT NULL"), Is.Zero);
        fixture.Agree("c1", "u1", granted: false);
        fixture.Pass(Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.ConsentDenied }));
    }

    [Test]
    public void A_message_without_an_answer_waits_as_long_as_its_sink_asked()
    {
        using var fixture = Shopper();
        fixture.Pass(Minute);
        fixture.It.Postpone(fixture.Sent.Single(), "no answer", after: 30 * Minute, fixture.Now);
        fixture.Pass(29 * Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        fixture.Pass(5 * Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_message_that_was_not_tried_is_due_at_once_and_loses_no_try()
    {
        using var fixture = Shopper();
        fixture.Pass(Minute);
        for (var i = 1; i <= 20; i++)
        {
            fixture.It.Postpone(fixture.Sent[^1], "the sink has stopped", after: 0, fixture.Now);
            fixture.Work();
            Assert.That(fixture.Sent, Has.Count.EqualTo(i + 1));
        }

        Assert.That(fixture.Count("SELECT attempts FROM intervention"), Is.Zero);
    }

    [Test]
    public void A_purchase_meanwhile_ends_a_postponed_message()
    {
        using var fixture = Shopper();
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "elsewhere", "u1", amount: 10);
        fixture.It.Postpone(fixture.Sent.Single(), "busy", after: null, fixture.Now);
        fixture.Pass(Day);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_webhook_is_tried_for_three_days_with_the_same_content()
    {
        using var fixture = new JourneyFixture([Series(Step("crm"))]);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        fixture.Fill("c1", fixture.Now, "u1", items: 9);
        var first = fixture.Sent.Single();
        var tries = 1;
        fixture.It.Postpone(first, "answered 503", after: null, fixture.Now);
        for (var hour = 0; hour < 24 * 5; hour++)
        {
            fixture.Pass(Hour);
            for (; tries < fixture.Sent.Count; tries++)
            {
                Assert.That(fixture.Sent[tries] with { Reasons = first.Reasons }, Is.EqualTo(first));
                Assert.That(fixture.Now - Noon, Is.LessThan(4 * Day));
                fixture.It.Postpone(first, "answered 503", after: null, fixture.Now);
            }
        }

        Assert.That(tries, Is.EqualTo(9));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Failed }));
    }

    [Test]
    public void A_mailbox_that_took_none_of_three_messages_is_suppressed_and_a_delivery_starts_the_count_again()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        WithheldReason[] outcomes = [WithheldReason.SoftBounced, WithheldReason.SoftBounced, WithheldReason.None,
            WithheldReason.SoftBounced, WithheldReason.SoftBounced, WithheldReason.SoftBounced];
        for (var i = 0; i < outcomes.Length; i++)
        {
            fixture.Know($"c{i}", $"u{i}", "full@x.example");
            fixture.Decide($"c{i}", $"u{i}");
            fixture.Pass(Minute);
            Assert.That(fixture.Sent, Has.Count.EqualTo(i + 1), $"message {i} is sent");
            fixture.It.RecordOutcome(fixture.Sent[^1], outcomes[i], "552 5.2.2", fixture.Now);
            // Reminders of two carts at one address are an hour apart.
            fixture.Pass(Hour);
        }

        fixture.Know("c9", "u9", "Full@x.example");
        fixture.Decide("c9", "u9");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(outcomes.Length));
        Assert.That(fixture.Reasons[^1], Is.EqualTo(WithheldReason.Suppressed));
    }

    [Test]
    public void Postponed_messages_survive_a_restart()
    {
        using var scratch = new Scratch();
        using var fixture = new JourneyFixture([Series(Step("mail"))], path: Path.Combine(scratch.Folder, "outreach.db"));
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        fixture.It.Postpone(fixture.Sent.Single(), "busy", after: null, fixture.Now);
        fixture.Restart();
        fixture.It.Resume(fixture.Now);
        fixture.Pass(3 * Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(2));
    }

    static JourneyFixture Shopper(double usefulHours = 24)
    {
        var step = Step("mail");
        step.UsefulFor = new Duration(TimeSpan.FromHours(usefulHours));
        var fixture = new JourneyFixture([Series(step)]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        return fixture;
    }
}
