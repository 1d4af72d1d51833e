using System.Globalization;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>
/// Judges a canary by its guardrails: errors, latency, the shift of its scores, its log loss on carts with an outcome, and revenue. The last two are sequential
/// tests (<see cref="ConfidenceSequence"/>), so they may be looked at at any time.
/// </summary>
/// <param name="policy">The limits.</param>
public sealed class CanaryGuard(CanaryPolicy policy)
{
    /// <summary>Judges a canary.</summary>
    /// <param name="canary">The canary.</param>
    /// <param name="champion">The champion.</param>
    /// <param name="result">What is known of the canary.</param>
    /// <param name="cartsBefore">The canary's carts with an outcome when its present step began.</param>
    public CanaryVerdict Judge(CanaryModel canary, ServedModel champion, CanaryResult result, long cartsBefore)
    {
        if (canary.Served.Fault is { } fault)
        {
            return RollBack("errors", fault);
        }

        if (canary.Latency.Compare(canary.Served.Traffic, champion.Traffic, policy.MinRows) is var (own, expected)
            && own > policy.MinLatencyMicroseconds && own > policy.MaxLatencyRatio * expected)
        {
            return RollBack("latency", string.Create(CultureInfo.InvariantCulture,
                $"{own:0.0} µs a row; the champion takes {expected:0.0} µs for runs of these sizes"));
        }

        if (result.Scores.Rows >= policy.MinRows && result.Scores.StabilityIndex > policy.MaxStabilityIndex
            && result.Scores.MeanDifference > policy.MinScoreShift * result.Scores.ChampionMean)
        {
            return RollBack("score_shift", string.Create(CultureInfo.InvariantCulture,
                $"the stability index of {result.Scores.Rows} scores is {result.Scores.StabilityIndex:0.00}, at most {policy.MaxStabilityIndex:0.00}; "
                + $"they are {result.Scores.Mean:0.000} on average, the champion's {result.Scores.ChampionMean:0.000}"));
        }

        var bought = (long)Math.Round(result.Labelled * Math.Min(result.Bought, 1 - result.Bought));
        if (bought >= policy.MinBought && result.LossDifference - result.LossWithin > 0)
        {
            return RollBack("log_loss", string.Create(CultureInfo.InvariantCulture,
                $"on {result.Labelled} carts, the log loss is {result.LossDifference:0.000} ± {result.LossWithin:0.000} above the champion's; "
                + $"it predicted {result.Predicted:0.000}, and {result.Bought:0.000} were bought"));
        }

        var revenue = result.Revenue;
        var orders = Math.Min(revenue.Orders, revenue.ChampionOrders);
        if (orders >= policy.MinOrders && revenue.Difference + revenue.Within < 0)
        {
            return RollBack("revenue", string.Create(CultureInfo.InvariantCulture,
                $"a cart brings {-revenue.Difference:0.0000} ± {revenue.Within:0.0000} large orders less than with the champion, "
                + $"on {revenue.Carts} carts and {revenue.ChampionCarts} of the champion"));
        }

        return Waits(canary, result, result.Canary.Carts - cartsBefore, bought, orders) is { Length: > 0 } waits
            ? new CanaryVerdict(CanaryAction.Wait, "waiting", waits)
            : canary.Percent >= 100
            ? new CanaryVerdict(CanaryAction.Promote, "passed",
                string.Create(CultureInfo.InvariantCulture, $"{result.Canary.Carts} carts passed all guardrails"), 100)
            : new CanaryVerdict(CanaryAction.StepUp, "passed",
                string.Create(CultureInfo.InvariantCulture, $"{result.Canary.Carts - cartsBefore} carts passed all guardrails at {canary.Percent:0.##}%"),
                policy.Steps.FirstOrDefault(step => step > canary.Percent, 100));
    }

    // What is missing until every test could have failed. At 100% nobody is left to compare revenue with, and a shop whose servers send no orders has none.
    string Waits(CanaryModel canary, CanaryResult result, long carts, long bought, long orders)
    {
        (long Has, long Needs, string What)[] all =
        [
            (carts, policy.MinCarts, "carts with an outcome at this step"), (result.Scores.Rows, policy.MinRows, "scored rows"),
            (bought, policy.MinBought, "scored carts that were bought, and as many that were not"),
            (canary.Percent >= 100 || !result.HasRevenue ? policy.MinOrders : orders, policy.MinOrders, "orders of each model with a known value"),
        ];
        return string.Join(", ", all.Where(need => need.Has < need.Needs).Select(need =>
            string.Create(CultureInfo.InvariantCulture, $"{need.Has} of {need.Needs} {need.What}")));
    }

    static CanaryVerdict RollBack(string reason, string text) => new(CanaryAction.RollBack, reason, text);
}
