using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Host.Api.Definitions;

namespace CartRecovery.Host.Api.Segments;

/// <summary>A segment, or a version of one.</summary>
/// <param name="Key">The segment's key.</param>
/// <param name="Description">A description of the members; null if not given.</param>
/// <param name="Conditions">The conditions, which must all hold.</param>
/// <param name="Number">The version's number, from 1.</param>
/// <param name="Version">A text that is unique to the version: the ETag.</param>
/// <param name="UpdatedAt">When the version was made.</param>
/// <param name="UpdatedBy">The actor who made it, as in the audit log.</param>
sealed record SegmentItem(
    string Key, string? Description, IReadOnlyList<TargetingCondition> Conditions, long Number, string Version, DateTime UpdatedAt, string UpdatedBy)
    : IDefinitionItem<SegmentDefinition, SegmentItem>
{
    /// <inheritdoc/>
    public static SegmentItem Of(VersionedDefinition<SegmentDefinition> version) => new(version.Name, version.Definition.Description, version.Definition.Conditions ?? [],
        version.Number, version.Version, version.At.UtcDateTime, version.By);
}
