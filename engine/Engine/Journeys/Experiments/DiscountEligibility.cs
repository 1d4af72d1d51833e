using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>Outcomes of a campaign: shoppers it contacted and shoppers of its holdout.</summary>
/// <param name="Treated">Shoppers contacted.</param>
/// <param name="TreatedBought">Those of them who bought.</param>
/// <param name="LeftAlone">Shoppers of the holdout.</param>
/// <param name="LeftAloneBought">Those of them who bought.</param>
public readonly record struct CampaignOutcomes(long Treated, long TreatedBought, long LeftAlone, long LeftAloneBought);

/// <summary>
/// Decides whether a discount may be offered. Rejects shoppers who repeatedly bought with one, and campaigns whose discounts cost more than
/// they earn compared to the holdout, at 95% confidence. With little data, discounts are allowed.
/// </summary>
public sealed class DiscountEligibility
{
    const int MinTreated = 200, MinLeftAlone = 100;

    /// <summary>Number of discounted orders from which a shopper counts as waiting for the next discount.</summary>
    public const int CouponSeekerOrders = 2;

    readonly Dictionary<string, CampaignOutcomes> _outcomes = new(StringComparer.Ordinal);

    /// <summary>Replaces what was learned with the outcomes of all campaigns.</summary>
    public void Learn(IEnumerable<(string Campaign, CampaignOutcomes Outcomes)> outcomes)
    {
        _outcomes.Clear();
        foreach (var (campaign, seen) in outcomes)
        {
            _outcomes[campaign] = seen;
        }
    }

    /// <summary>Returns why an offer is rejected; <see cref="WithheldReason.None"/> if it is allowed.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="offer">The offer.</param>
    /// <param name="discounted">The shopper's orders after messages with a discount.</param>
    /// <param name="margin">The store's margin, 0–1.</param>
    public WithheldReason GetRejection(string campaign, Offer offer, long discounted, double margin)
    {
        if (offer.Action != ActionKind.Discount)
        {
            return WithheldReason.None;
        }

        return discounted >= CouponSeekerOrders ? WithheldReason.CouponSeeker
            : _outcomes.TryGetValue(campaign, out var seen) && Costs(seen, margin, OfferChooser.EarnedBy(offer, margin))
                ? WithheldReason.DiscountNotWorthIt : WithheldReason.None;
    }

    // The upper bound of what a treated shopper earns with the discount, less what one earns without, is below zero.
    static bool Costs(in CampaignOutcomes seen, double margin, double earned)
    {
        if (seen.Treated < MinTreated || seen.LeftAlone < MinLeftAlone)
        {
            return false;
        }

        var (with, without) = ((double)seen.TreatedBought / seen.Treated, (double)seen.LeftAloneBought / seen.LeftAlone);
        var worth = (with * earned) - (without * margin);
        var variance = (with * (1 - with) * earned * earned / seen.Treated) + (without * (1 - without) * margin * margin / seen.LeftAlone);
        return worth + (1.96 * Math.Sqrt(variance)) < 0;
    }
}
