using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>Compiles segments into conditions of campaigns.</summary>
public static class SegmentCompiler
{
    /// <summary>Compiles a segment.</summary>
    /// <param name="segment">The segment; <see langword="null"/> if the store has no such segment.</param>
    /// <returns><see langword="null"/> if the segment contains nobody: it is missing, or a newer version wrote it.</returns>
    public static CampaignSegment? Compile(SegmentDefinition? segment) => segment?.Conditions is not { } conditions
        || conditions.Any(condition => condition.Attribute is not null || (condition.Feature is { } name && !FeatureTable.Names.Contains(name))) ? null
            : new CampaignSegment([.. conditions.Where(condition => condition.Feature is not null).Select(condition => new Condition(FeatureTable.Get(condition.Feature!), condition.Range))],
                [.. conditions.Where(condition => condition.Customer is not null)]);
}
