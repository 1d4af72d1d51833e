using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>What came of a campaign: shoppers it contacted, and such that it left alone by chance.</summary>
/// <param name="Treated">Shoppers contacted.</param>
/// <param name="TreatedBought">Of those, how many bought.</param>
/// <param name="LeftAlone">Shoppers of the holdout.</param>
/// <param name="LeftAloneBought">Of those, how many bought.</param>
public readonly record struct CampaignOutcomes(long Treated, long TreatedBought, long LeftAlone, long LeftAloneBought);

/// <summary>
/// Says whether a discount may be offered: not to who has bought with one again and again, nor in a campaign whose discounts are known, at 95%
/// confidence, to cost more than they bring in against who was left alone. While little is known, they are offered.
/// </summary>
public sealed class DiscountEligibility
{
    const int FewestTreated = 200, FewestLeftAlone = 100;

    /// <summary>Orders with a discount from which on a shopper is taken to wait for the next one.</summary>
    public const int MostDiscounted = 2;

    readonly Dictionary<string, CampaignOutcomes> _outcomes = new(StringComparer.Ordinal);

    /// <summary>Learns: what came of every campaign until now, in place of what was known.</summary>
    public void Learn(IEnumerable<(string Campaign, CampaignOutcomes Outcomes)> outcomes)
    {
        _outcomes.Clear();
        foreach (var (campaign, seen) in outcomes)
        {
            _outcomes[campaign] = seen;
        }
    }

    /// <summary>Why an offer should not be made; none where it may.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="offer">The offer.</param>
    /// <param name="discounted">The shopper's orders after messages with a discount.</param>
    /// <param name="margin">The store's, 0–1.</param>
    public WithheldReason Refuse(string campaign, Offer offer, long discounted, double margin)
    {
        if (offer.Action != ActionKind.Discount)
        {
            return WithheldReason.None;
        }

        return discounted >= MostDiscounted ? WithheldReason.CouponSeeker
            : _outcomes.TryGetValue(campaign, out var seen) && Costs(seen, margin, OfferChooser.EarnedBy(offer, margin))
                ? WithheldReason.DiscountNotWorthIt : WithheldReason.None;
    }

    // Earned a shopper with the discount, less what a shopper earns without: its upper bound is below zero.
    static bool Costs(in CampaignOutcomes seen, double margin, double earned)
    {
        if (seen.Treated < FewestTreated || seen.LeftAlone < FewestLeftAlone)
        {
            return false;
        }

        var (with, without) = ((double)seen.TreatedBought / seen.Treated, (double)seen.LeftAloneBought / seen.LeftAlone);
        var worth = (with * earned) - (without * margin);
        var variance = (with * (1 - with) * earned * earned / seen.Treated) + (without * (1 - without) * margin * margin / seen.LeftAlone);
        return worth + (1.96 * Math.Sqrt(variance)) < 0;
    }
}
