using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Host.Api.Campaigns.Backtests;

namespace CartRecovery.Host.Backtests;

/// <summary>Estimates the revenue of each offer from the random choices of a campaign's sent messages, as the command <c>offpolicy</c> does.</summary>
static class OffPolicyValues
{
    // Maximum number of estimates: offers of all steps in all currencies.
    const int MaxRows = 100;

    // The estimator uses five folds.
    const int MinChoices = 50;

    /// <summary>Estimates the offers of a campaign's steps. Returns none if too few were chosen at random.</summary>
    public static IReadOnlyList<BacktestOffer> Of(JourneyReports reports, string storeId, string campaign, TimeRange range, CancellationToken cancellation)
    {
        var found = new List<BacktestOffer>();
        foreach (var (step, currency, choices) in OfferChoices.Read(reports, storeId, campaign, range.From, range.To, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            var offers = choices.Select(choice => choice.Offer).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            if (choices.Count < MinChoices || offers.Count < 2 || found.Count + offers.Count > MaxRows)
            {
                continue;
            }

            var contexts = new List<float>(choices.Count * OfferFeatures.LogNames.Count);
            foreach (var choice in choices)
            {
                OfferFeatures.Append(contexts, choice.Context, choice.Features);
            }

            var log = new ChoiceLog(OfferFeatures.LogNames, offers, [.. contexts],
                [.. choices.Select(choice => offers.IndexOf(choice.Offer))], [.. choices.Select(choice => choice.Propensity)], [.. choices.Select(choice => choice.Reward)]);
            var estimator = new OffPolicyEstimator(log);
            for (var i = 0; i < offers.Count; i++)
            {
                var value = estimator.Evaluate(OffPolicyEstimator.Always(i));
                var number = i;
                found.Add(new BacktestOffer(step, currency, offers[i], log.Chosen.Count(chosen => chosen == number), Math.Round(estimator.Logged.Value, 4),
                    Math.Round(value.DoublyRobust.Value, 4), Math.Round(value.DoublyRobust.Low, 4), Math.Round(value.DoublyRobust.High, 4), Math.Round(value.EffectiveSampleSize, 1)));
            }
        }

        return found;
    }
}
