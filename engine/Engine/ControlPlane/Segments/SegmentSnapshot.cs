using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>The segments as they were at one moment. Immutable, so that all who read from one agree.</summary>
public sealed class SegmentSnapshot : IFlagSegments
{
    /// <summary>No segments.</summary>
    public static readonly SegmentSnapshot Empty = new([]);

    readonly FrozenDictionary<string, Segment[]> _byStore;

    /// <param name="segments">The segments, by store and key.</param>
    public SegmentSnapshot(IEnumerable<Segment> segments) => _byStore =
        segments.GroupBy(segment => segment.Store, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    /// <summary>Returns a store's segments, by key.</summary>
    public IReadOnlyList<Segment> OfStore(string store) => _byStore.GetValueOrDefault(store) ?? [];

    /// <summary>Returns a segment; <see langword="null"/> if the store has none with this key.</summary>
    public Segment? Get(string store, string key) => Array.Find(_byStore.GetValueOrDefault(store) ?? [], segment => segment.Key == key);

    /// <inheritdoc/>
    public IReadOnlyList<FlagCondition>? Find(string store, string name) => Get(store, name)?.Definition.Conditions;
}
