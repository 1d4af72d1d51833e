using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>Compiles segments into conditions of campaigns.</summary>
public static class SegmentCompiler
{
    /// <summary>Compiles a segment.</summary>
    /// <param name="conditions">Its conditions; <see langword="null"/> if the store has no such segment.</param>
    /// <returns><see langword="null"/> if the segment contains nobody: it is missing, or a newer version wrote it.</returns>
    public static CampaignSegment? Compile(IReadOnlyList<FlagCondition>? conditions) =>
        conditions is null || conditions.Any(condition => condition.Attribute is not null || (condition.Feature is { } name && !FeatureTable.Names.Contains(name))) ? null
            : new CampaignSegment([.. conditions.Where(condition => condition.Feature is not null).Select(Compile)],
                [.. conditions.Where(condition => condition.Customer is not null)]);

    static Condition Compile(FlagCondition condition)
    {
        var equal = condition.EqualTo?.GetDouble();
        return new Condition(
            FeatureTable.Get(condition.Feature!),
            AtLeast: Math.Max(condition.AtLeast ?? double.NegativeInfinity, equal ?? double.NegativeInfinity),
            Above: condition.Above ?? double.NegativeInfinity,
            AtMost: Math.Min(condition.AtMost ?? double.PositiveInfinity, equal ?? double.PositiveInfinity),
            Below: condition.Below ?? double.PositiveInfinity)
        {
            OneOf = condition.In is { } values ? [.. values.Select(value => (float)value.GetDouble())] : [],
        };
    }
}
