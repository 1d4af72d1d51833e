using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Tests.Journeys.Experiments;

public sealed class DiscountEligibilityTests
{
    static readonly Offer s_reminder = new(ActionKind.Reminder, null, null), s_twenty = new(ActionKind.Discount, 20, null);

    [TestCase(0, ExpectedResult = WithheldReason.None)]
    [TestCase(1, ExpectedResult = WithheldReason.None)]
    [TestCase(2, ExpectedResult = WithheldReason.CouponSeeker)]
    public WithheldReason Shoppers_who_buy_only_with_discounts_receive_no_more(long discounted) => new DiscountEligibility().GetRejection("c", s_twenty, discounted, 0.4);

    // 20% off at a margin of 0.4 halves the profit of an order, so it must double the orders.
    [TestCase(1000, 300, 1000, 100, ExpectedResult = WithheldReason.None)]
    [TestCase(1000, 205, 1000, 100, ExpectedResult = WithheldReason.None)]
    [TestCase(1000, 190, 1000, 100, ExpectedResult = WithheldReason.None, Description = "not significant at 95%")]
    [TestCase(1000, 120, 1000, 100, ExpectedResult = WithheldReason.DiscountNotWorthIt)]
    [TestCase(199, 0, 1000, 900, ExpectedResult = WithheldReason.None, Description = "too few observations")]
    [TestCase(1000, 0, 99, 90, ExpectedResult = WithheldReason.None, Description = "too few observations")]
    public WithheldReason A_discount_that_costs_more_than_it_brings_is_not_offered(long treated, long bought, long alone, long boughtAlone)
    {
        var gate = new DiscountEligibility();
        gate.Learn([("c", new CampaignOutcomes(treated, bought, alone, boughtAlone))]);
        Assert.That(gate.GetRejection("c", s_reminder, 9, 0.4), Is.EqualTo(WithheldReason.None));
        Assert.That(gate.GetRejection("another", s_twenty, 0, 0.4), Is.EqualTo(WithheldReason.None));
        return gate.GetRejection("c", s_twenty, 0, 0.4);
    }
}
