using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>A cart that went into another is not reminded of.</summary>
public sealed class MergedCartTests
{
    [Test]
    public void The_series_of_a_cart_ends_when_it_goes_into_another_and_the_others_goes_on()
    {
        using var fixture = Guest();
        fixture.Decide("b", "u1");
        Merge(fixture, Standing.Server, user: "u1");
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Sent.Select(sent => sent.CartId), Is.EqualTo(new[] { "b" }));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.CartMerged }));
    }

    [Test]
    public void No_series_begins_for_it_later_unless_it_is_used_again()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("a", null, "a@x.example");
        Merge(fixture, Standing.Server);
        fixture.Pass(20 * Minute);
        fixture.Decide("a", id: "left before");
        fixture.Pass(Minute);
        Assert.That((fixture.Sent.Count, fixture.Reasons), Is.EqualTo((0, new[] { WithheldReason.CartMerged })));
        fixture.Pass(Hour);
        fixture.Decide("a", id: "used again");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [TestCase(Standing.Claimed, "s1", true)]
    [TestCase(Standing.Claimed, "s2", false)]
    [TestCase(Standing.Claimed, null, false)]
    [TestCase(Standing.Proven, "s1", true)]
    [TestCase(Standing.Proven, "s2", false)]
    public void A_browser_merges_carts_of_its_own_session_alone(Standing standing, string? session, bool ends)
    {
        using var fixture = Guest();
        Merge(fixture, standing, session: session);
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(ends ? 0 : 1));
    }

    [TestCase("s1", 0)]
    [TestCase("s2", 1)]
    public void The_same_holds_for_a_series_that_would_begin_later(string session, int sent)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("a", null, "a@x.example");
        Merge(fixture, Standing.Claimed, session: session);
        fixture.Pass(10 * Minute);
        fixture.Decide("a", session: "s1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(sent));
    }

    [Test]
    public void The_order_of_the_merged_cart_counts_for_what_was_sent_for_the_first()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 24))]);
        fixture.Know("a", null, "a@x.example");
        fixture.Decide("a", session: "s1");
        fixture.Pass(Minute);
        Merge(fixture, Standing.Server, user: "u1");
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "b", "u1", amount: 70);
        Assert.That(fixture.Count("SELECT count(*) FROM conversion c JOIN journey j ON j.id=c.journey WHERE j.cart_id='a'"), Is.EqualTo(1));
    }

    [Test]
    public void Repetitions_and_events_without_another_cart_change_nothing()
    {
        using var fixture = Guest();
        fixture.Tell(EventType.CartMerged, "b", meta: "{}");
        fixture.Tell(EventType.CartMerged, "a", meta: """{"mergedFrom":"a"}""");
        Merge(fixture, Standing.Server, from: "other");
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        Merge(fixture, Standing.Server);
        Merge(fixture, Standing.Server);
        Assert.That(fixture.Count("SELECT count(*) FROM merged"), Is.EqualTo(2));
    }

    static JourneyFixture Guest()
    {
        var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("a", null, "a@x.example");
        fixture.Know("b", "u1", "b@x.example");
        fixture.Decide("a", session: "s1");
        fixture.Pass(Minute);
        return fixture;
    }

    static void Merge(JourneyFixture fixture, Standing standing, string? user = null, string? session = null, string from = "a") =>
        fixture.Tell(EventType.CartMerged, "b", user, standing: standing, session: session, meta: $$"""{"mergedFrom":"{{from}}"}""");
}
