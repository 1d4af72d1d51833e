namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>A version of a segment: named conditions that flags, experiments and campaigns refer to. Immutable.</summary>
/// <param name="Store">The store's id.</param>
/// <param name="Key">The segment's key.</param>
/// <param name="Definition">The definition; validated.</param>
/// <param name="Number">The version's number, from 1.</param>
/// <param name="Version">A text that is unique to the version: the entity tag.</param>
/// <param name="At">When the version was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
public sealed record Segment(string Store, string Key, SegmentDefinition Definition, long Number, string Version, DateTimeOffset At, string By);
