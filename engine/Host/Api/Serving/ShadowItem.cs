using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Host.Api.Serving;

/// <summary>A shadow and how it compares with the champion.</summary>
/// <param name="Alias">The alias.</param>
/// <param name="Version">The version.</param>
/// <param name="Rate">The share of the rows that it scores, 0–1.</param>
/// <param name="Scores">Its scores beside the champion's.</param>
/// <param name="Dropped">Sampled rows that were dropped because the shadow was behind.</param>
/// <param name="Problem">Why it was stopped; null while it scores.</param>
sealed record ShadowItem(string Alias, string Version, double Rate, ComparisonItem Scores, long Dropped, string? Problem)
{
    /// <summary>Describes a shadow.</summary>
    public static ShadowItem Of(ShadowModel shadow) =>
        new(shadow.Served.Alias, shadow.Served.Id, shadow.Rate, ComparisonItem.Of(shadow.Comparison.Snapshot()), shadow.Dropped, shadow.Served.Fault);
}
