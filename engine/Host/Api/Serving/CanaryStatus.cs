namespace CartRecovery.Host.Api.Serving;

/// <summary>A canary and what is known of it.</summary>
/// <param name="Version">The candidate.</param>
/// <param name="Percent">Its share of the shoppers, 0–100.</param>
/// <param name="Automatic">Whether it is stepped up while its guardrails hold.</param>
/// <param name="Champion">The champion when it began.</param>
/// <param name="Since">When it began.</param>
/// <param name="By">Who began it.</param>
/// <param name="Verdict">What the guardrails said last: `waiting`, `passed`, or the one that failed; null before they were asked.</param>
/// <param name="VerdictText">What they saw.</param>
/// <param name="Scores">Its scores beside the champion's on the same rows.</param>
/// <param name="Carts">Its carts with an outcome, and the champion's.</param>
/// <param name="Labelled">Its carts with both models' scores and an outcome.</param>
/// <param name="Predicted">Their mean score, 0–1.</param>
/// <param name="Bought">The share of them that was bought, 0–1.</param>
/// <param name="LossDifference">Its log loss on them less the champion's.</param>
/// <param name="LossWithin">Half of the width of its interval; null without values.</param>
/// <param name="Dropped">Signals that were dropped because there were too many.</param>
/// <param name="Skipped">Carts that were not followed because there were too many.</param>
sealed record CanaryStatus(
    string Version, double Percent, bool Automatic, string Champion, DateTime Since, string By, string? Verdict, string? VerdictText, ComparisonItem Scores,
    CanaryArms Carts, long Labelled, double Predicted, double Bought, double LossDifference, double? LossWithin, long Dropped, long Skipped)
{
    /// <summary>Describes the canary; <see langword="null"/> without one.</summary>
    public static CanaryStatus? Of(IServingControl serving)
    {
        if (serving.ServingSettings.Canary is not { } settings || serving.Serving.Canary is not { Outcomes: { } outcomes } canary)
        {
            return null;
        }

        var result = outcomes.Snapshot(canary.Dropped);
        var verdict = serving.CanaryVerdict;
        return new CanaryStatus(
            settings.Version, canary.Percent, settings.IsAutomatic, settings.Champion, settings.Since.UtcDateTime, settings.By, verdict?.Reason, verdict?.Text,
            ComparisonItem.Of(result.Scores), new CanaryArms(ArmItem.Of(result.Champion), ArmItem.Of(result.Canary)), result.Labelled, result.Predicted,
            result.Bought, result.LossDifference, ArmItem.Finite(result.LossWithin), result.Dropped, result.Skipped);
    }
}
