using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>Passes outcomes to the offer chooser and the discount check, and stops variants that do worse than the control.</summary>
/// <param name="store">Records stopped variants.</param>
/// <param name="chooser">Chooses offers.</param>
/// <param name="eligibility">Rejects discounts that do not pay.</param>
sealed class OutcomeLearner(JourneyStore store, OfferChooser chooser, DiscountEligibility eligibility)
{
    const int MinShoppers = 200;

    // One-sided, 99%: stricter because it is tested repeatedly.
    const double Confidence = 2.326;

    /// <summary>Learns from the outcomes.</summary>
    public void Learn(OutcomeSummary outcomes, JourneyOptions options, long now)
    {
        chooser.Learn(outcomes.Offers);
        eligibility.Learn(outcomes.Campaigns.Select(pair => (pair.Key, pair.Value)));
        for (var i = 0; i < options.Campaigns.Count; i++)
        {
            Guard(outcomes, options.Campaigns[i], now);
        }
    }

    // Stops variants whose shoppers spend less than those of the control, at 99% confidence.
    void Guard(OutcomeSummary outcomes, Campaign campaign, long now)
    {
        var control = campaign.Variants.FirstOrDefault(v => v.Steps.Count == 0);
        if (control is null || !outcomes.Sides.TryGetValue((campaign.Name, control.Name), out var rest) || rest.Count < MinShoppers)
        {
            return;
        }

        foreach (var variant in campaign.Variants.Where(v => v.Steps.Count > 0 && !store.IsStopped(campaign.Name, v.Name)))
        {
            if (outcomes.Sides.TryGetValue((campaign.Name, variant.Name), out var own) && own.Count >= MinShoppers
                && own.Mean - rest.Mean + (Confidence * Math.Sqrt((own.Variance / own.Count) + (rest.Variance / rest.Count))) < 0)
            {
                store.Stop(campaign.Name, variant.Name,
                    FormattableString.Invariant($"{own.Mean:F2} a shopper against {rest.Mean:F2} of the control"), now);
            }
        }
    }
}
