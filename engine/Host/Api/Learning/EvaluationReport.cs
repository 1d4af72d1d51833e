using CartRecovery.Engine.Learning.Retraining;

namespace CartRecovery.Host.Api.Learning;

/// <summary>A shadow, or the canary, beside the champion on the same rows and their outcomes.</summary>
/// <param name="At">When it was evaluated.</param>
/// <param name="Alias">Its alias.</param>
/// <param name="Version">Its version.</param>
/// <param name="Champion">The champion that it is compared with.</param>
/// <param name="From">The first row's time; null without rows.</param>
/// <param name="To">The last row's time.</param>
/// <param name="Verdict"><c>waits</c>, <c>holds</c> or <c>worse</c>.</param>
/// <param name="Reason">The same for people, with numbers.</param>
/// <param name="Action"><c>none</c>, <c>canary</c> or <c>withdrawn</c>: what the engine did.</param>
/// <param name="ScoreShift">The stability index of its scores against the champion's.</param>
/// <param name="All">All rows.</param>
/// <param name="Segments">The same by segment.</param>
sealed record EvaluationReport(
    DateTime At, string Alias, string Version, string Champion, DateTime? From, DateTime? To, string Verdict, string Reason, string Action, double ScoreShift,
    EvaluationSegment All, IReadOnlyList<EvaluationSegment> Segments)
{
    /// <summary>What the engine does with a shadow: nothing, make it the canary, withdraw it.</summary>
    public const string None = "none", Canary = "canary", Withdrawn = "withdrawn";

    /// <summary>Returns the name of a verdict.</summary>
    public static string NameOf(ShadowVerdict verdict) => verdict switch { ShadowVerdict.Holds => "holds", ShadowVerdict.Worse => "worse", _ => "waits" };
}
