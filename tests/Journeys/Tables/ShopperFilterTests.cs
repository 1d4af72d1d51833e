using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Primitives;
using CartRecovery.Tests.Pipeline;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Tables;

/// <summary>The filter has no false negatives, within a process and after a restart.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class ShopperFilterTests(bool restarts)
{
    JourneyFixture _desk = null!;

    [SetUp]
    public void Open()
    {
        var series = Series(Step("socket"));
        series.Reentry = Duration.FromHours(1);
        _desk = new JourneyFixture([series], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));
    }

    [TearDown]
    public void Close() => _desk.Dispose();

    [TestCase(null)]
    [TestCase("u1")]
    public void An_order_is_attributed_to_the_campaign_that_enrolled_its_shopper(string? user)
    {
        _desk.Decide("c1", user);
        Pause();
        _desk.Tell(EventType.Purchase, "c1", user, amount: 20);
        _desk.Tell(EventType.Purchase, "c2", "u2", amount: 30);
        Assert.That(_desk.Count("SELECT value FROM conversion"), Is.EqualTo(20 * Money.PerUnit));
        Assert.That(_desk.Count("SELECT count(*) FROM conversion"), Is.EqualTo(1));
    }

    [Test]
    public void An_order_is_attributed_to_the_clicked_message()
    {
        var id = _desk.Decide("c1", "u1").Intervention.Id;
        _desk.Tell(EventType.Clicked, "c1", "u1", meta: $$"""{"intervention":"{{id}}"}""");
        Pause();
        _desk.Tell(EventType.Purchase, "c1", "u1", amount: 20);
        Assert.That(_desk.Count($"SELECT count(*) FROM conversion WHERE touch='click' AND intervention='{id}'"), Is.EqualTo(1));
    }

    [Test]
    public void A_cart_is_enrolled_in_a_campaign_once_across_sign_ins()
    {
        _desk.Decide("c1", "u1");
        Pause();
        _desk.Decide("c1", "u2", id: "second");
        _desk.Decide("c1", id: "third");
        Assert.That(_desk.Reasons, Is.EqualTo(new[] { WithheldReason.Reentry, WithheldReason.Reentry }));
    }

    [Test]
    public void Signing_in_after_enrolment_attributes_later_orders()
    {
        _desk.Decide("c1");
        _desk.Tell(EventType.Identify, "c1", "u1", meta: """{"email":"a@example.org"}""");
        Pause();
        _desk.Tell(EventType.Purchase, "c2", "u1", amount: 20);
        Assert.That(_desk.Count("SELECT count(*) FROM conversion WHERE cart_id='c2'"), Is.EqualTo(1));
    }

    void Pause()
    {
        if (restarts)
        {
            _desk.Restart();
        }

        _desk.Now += Minute;
    }
}
