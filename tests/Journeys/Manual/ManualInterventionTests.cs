using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Manual;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Manual;

/// <summary>Campaigns that people start for a cart, and messages that they move or cancel.</summary>
public sealed class ManualInterventionTests
{
    [Test]
    public void A_campaign_starts_at_its_time_and_goes_on_as_always()
    {
        using var run = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 24))]);
        run.Know("c1", "ada", "ada@shop.example");
        var start = Start(run, at: run.Now + (3 * Hour));
        Assert.That((start.Message!.State, start.Message.DueAt - run.Now), Is.EqualTo((MessageState.Scheduled, 3 * Hour)));

        run.Pass((3 * Hour) - Minute);
        Assert.That(run.Sent, Is.Empty);
        run.Pass(Minute);
        Assert.That(run.Sent.Select(message => (message.Id, message.Recipient?.Email, message.Reasons.Rule)),
            Is.EqualTo(new[] { (start.Message.Id, "ada@shop.example", ManualInterventions.Rule) }));
        run.Pass(25 * Hour);
        Assert.That(run.Sent.Select(message => message.Step), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void The_contact_policy_holds()
    {
        using var run = new JourneyFixture([Series(Step("mail"))]);
        run.Identify("c1", "ada", "ada@shop.example");
        var id = Start(run).Message!.Id;
        run.Work();

        Assert.That(run.Sent, Is.Empty);
        Assert.That(run.Reasons, Is.EqualTo(new[] { WithheldReason.NoConsent }));
        Assert.That(run.It.Store.Messages.Find(id)!.Value.State, Is.EqualTo(MessageState.Withheld));
    }

    [Test]
    public void The_holdout_is_left_alone()
    {
        var contact = Open();
        contact.Holdout = 100;
        using var run = new JourneyFixture([Series(Step("socket"))], contact);

        var message = Start(run).Message!;

        Assert.That((message.State, message.Reason), Is.EqualTo((MessageState.Withheld, WithheldReason.Holdout)));
    }

    [Test]
    public void A_repeated_request_with_a_key_starts_nothing_more_and_one_without_is_held_back_by_the_campaign()
    {
        using var run = new JourneyFixture([Series(Step("mail"))]);
        run.Know("c1", "ada", "ada@shop.example");
        var first = Start(run, key: "k1", at: run.Now + Hour).Message!;
        run.Now += Minute;

        Assert.That(Start(run, key: "k1", at: run.Now + Hour).Message, Is.EqualTo(first));
        Assert.That(Start(run).Message!.Reason, Is.EqualTo(WithheldReason.InCampaign));
        run.Pass(2 * Hour);
        Assert.That(run.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_scheduled_message_moves_with_its_expiry_and_takes_another_offer_of_its_step()
    {
        var step = Step("socket", hours: 1);
        step.Action = null;
        step.Choices = [new ActionConfig { Type = ActionKind.Reminder }, new ActionConfig { Type = ActionKind.Discount, Percent = 10 }];
        using var run = new JourneyFixture([Series(Step("socket"), step)]);
        run.Decide("c1");
        var planned = run.It.Manual.Change(run.It.Options, "shop", IdOf(run, step: 2), run.Now + (5 * Hour), "discount-10", run.Now).Message!;
        Assert.That((planned.DueAt - run.Now, planned.State), Is.EqualTo((5 * Hour, MessageState.Scheduled)));
        Assert.That(run.It.Manual.Change(run.It.Options, "shop", planned.Id, at: null, "discount-99", run.Now).Refusal, Is.EqualTo(ManualRefusal.UnknownOffer));

        run.Pass(2 * Hour);
        Assert.That(run.Sent, Has.Count.EqualTo(1));
        run.Pass(3 * Hour);
        Assert.That(run.Sent.Select(message => message.DiscountPercent), Is.EqualTo(new double?[] { null, 10 }));
        Assert.That(run.It.Manual.Change(run.It.Options, "shop", planned.Id, run.Now, offer: null, run.Now).Refusal, Is.EqualTo(ManualRefusal.NotScheduled));
    }

    [Test]
    public void A_cancelled_message_and_what_would_follow_it_are_withheld()
    {
        using var run = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 1), Step("socket", hours: 2))]);
        run.Decide("c1");
        var id = IdOf(run, step: 2);
        Assert.That(run.It.Manual.Cancel("other", id, run.Now), Is.EqualTo(ManualRefusal.UnknownMessage), "of another store");

        Assert.That(run.It.Manual.Cancel("shop", id, run.Now), Is.EqualTo(ManualRefusal.None));
        run.Pass(5 * Hour);

        Assert.That(run.Sent, Has.Count.EqualTo(1));
        Assert.That(run.Withheld(), Is.EqualTo(new[] { (2, WithheldReason.Cancelled) }));
        Assert.That(run.It.Manual.Cancel("shop", id, run.Now), Is.EqualTo(ManualRefusal.NotScheduled));
    }

    [Test]
    public void A_campaign_that_cannot_be_started_reports_why()
    {
        using var run = new JourneyFixture([Series(Step("socket"))]);
        Assert.That(Start(run, campaign: "none").Refusal, Is.EqualTo(ManualRefusal.UnknownCampaign));
        run.Fill("c1", run.Now, items: 0);
        var bought = run.Carts[Cart("c1")] with { PurchasedAt = run.Now };
        run.Carts[Cart("c1")] = bought;
        Assert.That(Start(run).Refusal, Is.EqualTo(ManualRefusal.CartPurchased));
    }

    [Test]
    public void A_purchase_ends_what_was_started()
    {
        using var run = new JourneyFixture([Series(Step("mail"))]);
        run.Know("c1", "ada", "ada@shop.example");
        Start(run, at: run.Now + Day);
        run.Pass(Hour);
        run.Tell(EventType.Purchase, "c1", "ada", amount: 50);
        run.Pass(2 * Day);

        Assert.That(run.Sent, Is.Empty);
        Assert.That(run.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
    }

    static (ManualMessage? Message, ManualRefusal Refusal) Start(JourneyFixture run, string campaign = "left", long? at = null, string? key = null)
    {
        if (!run.Carts.ContainsKey(Cart("c1")))
        {
            run.Fill("c1", run.Now - (30 * Minute), "ada");
        }

        return run.It.Manual.Start(run.It.Options, new ManualStart(Stores.Find("shop")!, campaign, "c1", run.Carts[Cart("c1")], at, key), run.Now);
    }

    static string IdOf(JourneyFixture run, int step)
    {
        using var query = new Engine.Storage.Query(run.It.Store.Database, $"SELECT id FROM intervention WHERE step={step}");
        return query.Rows.Next() ? query.Rows.Text(0) : throw new InvalidOperationException("no such message");
    }
}
