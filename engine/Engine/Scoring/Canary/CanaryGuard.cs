using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>
/// Judges a canary by its guardrails: errors, latency, the shift of its scores, its log loss on carts with an outcome, and revenue. The last two are sequential
/// tests (<see cref="ConfidenceSequence"/>), so they may be looked at at any time.
/// </summary>
/// <param name="policy">The limits.</param>
public sealed class CanaryGuard(CanaryPolicy policy)
{
    // With fewer orders, the central limit theorem that the tests rest on says little: of carts that mostly bring nothing, the variance is known late.
    const long MinOrders = 50, MinBought = 20;

    /// <summary>Judges a canary.</summary>
    /// <param name="canary">The canary.</param>
    /// <param name="champion">The champion.</param>
    /// <param name="result">What is known of the canary.</param>
    /// <param name="cartsBefore">The canary's carts with an outcome when its present step began.</param>
    public CanaryVerdict Judge(CanaryModel canary, ServedModel champion, CanaryResult result, long cartsBefore)
    {
        if (canary.Served.Fault is { } fault)
        {
            return RollBack("errors", $"{fault}");
        }

        var (own, others) = (canary.Served.Traffic.MicrosecondsPerRow, champion.Traffic.MicrosecondsPerRow);
        if (canary.Served.Traffic.Rows >= policy.MinRows && own > policy.MinLatencyMicroseconds && own > policy.MaxLatencyRatio * others)
        {
            return RollBack("latency", $"{own:0.0} µs a row, {others:0.0} µs by the champion");
        }

        if (result.Scores.Rows >= policy.MinRows && result.Scores.StabilityIndex > policy.MaxStabilityIndex
            && result.Scores.MeanDifference > policy.MinScoreShift * result.Scores.ChampionMean)
        {
            return RollBack("score_shift",
                $"the stability index of {result.Scores.Rows} scores is {result.Scores.StabilityIndex:0.00}, at most {policy.MaxStabilityIndex:0.00}; they are {result.Scores.Mean:0.000} on average, the champion's {result.Scores.ChampionMean:0.000}");
        }

        if (result.Labelled * Math.Min(result.Bought, 1 - result.Bought) >= MinBought && result.LossDifference - result.LossWithin > 0)
        {
            return RollBack("calibration",
                $"on {result.Labelled} carts, the log loss is {result.LossDifference:0.000} ± {result.LossWithin:0.000} above the champion's; it predicted {result.Predicted:0.000}, and {result.Bought:0.000} were bought");
        }

        var (ours, theirs) = (result.Canary, result.Champion);
        if (Math.Min(ours.Orders, theirs.Orders) >= MinOrders && ours.Revenue + ours.RevenueWithin < theirs.Revenue - theirs.RevenueWithin)
        {
            return RollBack("revenue",
                $"{ours.Revenue:0.00} ± {ours.RevenueWithin:0.00} a cart on {ours.Carts} carts, {theirs.Revenue:0.00} ± {theirs.RevenueWithin:0.00} by the champion on {theirs.Carts}");
        }

        var carts = ours.Carts - cartsBefore;
        if (carts < policy.MinCarts || result.Scores.Rows < policy.MinRows)
        {
            return new CanaryVerdict(CanaryAction.Wait, "waiting", FormattableString.Invariant(
                $"{carts} of {policy.MinCarts} carts have an outcome at this step, {result.Scores.Rows} of {policy.MinRows} rows are scored"));
        }

        return canary.Percent >= 100
            ? new CanaryVerdict(CanaryAction.Promote, "passed", FormattableString.Invariant($"{ours.Carts} carts passed all guardrails"), 100)
            : new CanaryVerdict(CanaryAction.StepUp, "passed", FormattableString.Invariant($"{carts} carts passed all guardrails at {canary.Percent:0.##}%"), policy.Steps.FirstOrDefault(step => step > canary.Percent, 100));
    }

    static CanaryVerdict RollBack(string reason, FormattableString text) => new(CanaryAction.RollBack, reason, FormattableString.Invariant(text));
}
