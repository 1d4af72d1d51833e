using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;

namespace CartRecovery.Host.Api.Segments;

/// <summary>A segment, or a version of one.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Description">Who they are; null if nobody said.</param>
/// <param name="Conditions">The conditions, which must all hold.</param>
/// <param name="Number">The version's number, from 1.</param>
/// <param name="Version">A text that no other version has: the ETag.</param>
/// <param name="UpdatedAt">When the version was made.</param>
/// <param name="UpdatedBy">Who made it, as in the audit log.</param>
sealed record SegmentItem(
    string Key, string? Description, IReadOnlyList<FlagCondition> Conditions, long Number, string Version, DateTime UpdatedAt, string UpdatedBy)
{
    /// <summary>Describes a version of a segment.</summary>
    public static SegmentItem Of(Segment segment) => new(segment.Key, segment.Definition.Description, segment.Definition.Conditions ?? [], segment.Number, segment.Version,
        segment.At.UtcDateTime, segment.By);
}
