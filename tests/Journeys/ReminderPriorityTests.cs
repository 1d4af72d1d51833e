using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>A customer is reminded of one cart at a time, the most valuable first.</summary>
public sealed class ReminderPriorityTests
{
    [Test]
    public void Of_two_carts_left_at_once_only_the_more_valuable_is_reminded_of()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1), Step("mail", hours: 24))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Decide("a", "u1", value: 50);
        fixture.Decide("b", "u1", value: 200);
        fixture.Pass(20 * Hour);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "b" }));
        Assert.That(fixture.Count($"SELECT count(*) FROM intervention WHERE cart_id='a' AND state=0 AND reason={WithheldReason.OtherCart:D}"), Is.EqualTo(1));
        fixture.Pass(7 * Hour);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "b", "b", "a" }).Or.EqualTo(new[] { "b", "b" }), "the other waits until the series is over");
        fixture.Pass(Day);
        Assert.That(Carts(fixture)[..3], Is.EqualTo(new[] { "b", "b", "a" }));
    }

    [Test]
    public void A_more_valuable_cart_that_is_left_a_moment_after_a_reminder_waits_an_hour()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Decide("a", "u1", value: 50);
        fixture.Work();
        fixture.Decide("b", "u1", value: 200);
        fixture.Pass(59 * Minute);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "a" }));
        fixture.Pass(3 * Minute);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void Equal_carts_take_turns_and_do_not_wait_for_each_other()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Decide("a", "u1");
        fixture.Decide("b", "u1");
        fixture.Pass(3 * Hour);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void A_guest_with_the_same_address_is_the_same_person()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Know("guest", null, "A@x.example");
        fixture.Decide("a", "u1");
        fixture.Decide("guest", value: 300);
        fixture.Pass(30 * Minute);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void Other_customers_carts_and_offers_on_the_page_wait_for_nobody()
    {
        using var fixture = new JourneyFixture([Series(Step("mail")), Named("page", Step("socket"))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Know("b", "u2", "b@x.example");
        fixture.Decide("a", "u1", value: 100);
        fixture.Decide("b", "u2", value: 50);
        fixture.Decide("c", "u1", campaign: "page");
        fixture.Pass(Minute);
        Assert.That(Carts(fixture), Is.EquivalentTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public void A_reminder_that_waits_too_long_is_not_sent_for_that_reason()
    {
        var first = Step("mail", hours: 1);
        first.UsefulFor = Duration.FromHours(4);
        using var fixture = new JourneyFixture([Series(first, Step("mail", hours: 24))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Decide("a", "u1", value: 50);
        fixture.Decide("b", "u1", value: 200);
        fixture.Pass(6 * Hour);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "b" }));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.OtherCart }));
    }

    [Test]
    public void The_other_cart_goes_on_once_the_more_valuable_is_emptied()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1), Step("mail", hours: 24))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Decide("a", "u1", value: 50);
        fixture.Decide("b", "u1", value: 200);
        fixture.Fill("b", fixture.Now, "u1", items: 0);
        fixture.Pass(2 * Hour);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void A_cart_in_a_currency_without_a_rate_counts_least()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Decide("yen", "u1", value: 9000, currency: "JPY");
        fixture.Decide("euro", "u1", value: 60);
        fixture.Pass(90 * Minute);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "euro" }));
    }

    [Test]
    public void Carts_in_one_currency_without_a_rate_are_compared_with_each_other()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("a", "u1", "a@x.example");
        fixture.Decide("little", "u1", value: 900, currency: "JPY");
        fixture.Decide("much", "u1", value: 9000, currency: "JPY");
        fixture.Pass(90 * Minute);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "much" }));
    }

    [Test]
    public void Carts_in_several_currencies_without_rates_never_wait_in_a_circle([Values("CHF 5,JPY 1,CHF 9", "JPY 1,CHF 5,CHF 9,USD 2", "USD 3,CHF 9,JPY 8,CHF 5")] string carts)
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("a", "u1", "a@x.example");
        foreach (var cart in carts.Split(','))
        {
            fixture.Decide(cart, "u1", value: cart[4] - '0', currency: cart[..3]);
        }

        fixture.Pass(90 * Minute);
        Assert.That(Carts(fixture), Is.EqualTo(new[] { "CHF 9" }));
        fixture.Pass(12 * Hour);
        Assert.That(Carts(fixture), Is.EqualTo(carts.Split(',').OrderBy(cart => cart[..3], StringComparer.Ordinal).ThenByDescending(cart => cart[4])));
    }

    static string[] Carts(JourneyFixture fixture) => [.. fixture.Sent.Select(sent => sent.CartId)];

    static CampaignConfig Named(string name, params StepConfig[] steps)
    {
        var series = Series(steps);
        series.Name = name;
        return series;
    }
}
