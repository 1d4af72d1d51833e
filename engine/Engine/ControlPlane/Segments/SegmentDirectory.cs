using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>Caches all segments in memory and reloads them when they change. Lookups do not use the database. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class SegmentDirectory(ControlDatabase database) : IFlagSegments
{
    volatile SegmentSnapshot _present = SegmentSnapshot.Empty;

    /// <summary>The segments of now. Read it once for what must agree: the next change replaces it.</summary>
    public SegmentSnapshot Present => _present;

    /// <summary>Called after a reload. Must not wait for a change of the database.</summary>
    public Action? OnChange { get; set; }

    /// <summary>Registers the segments for reloads.</summary>
    public void Follow() => database.Changes.Follow(SegmentStore.Topic, async cancellation =>
    {
        _present = new SegmentSnapshot(await database.ReadAsync(session => SegmentStore.ReadAsync(session, SqlPart.Of($"1 = 1")), cancellation));
        OnChange?.Invoke();
    });

    /// <summary>Returns a store's segments, by key.</summary>
    public IReadOnlyList<Segment> OfStore(string store) => _present.OfStore(store);

    /// <summary>Finds a segment; returns <see langword="null"/> if the store has none with this key.</summary>
    public Segment? Get(string store, string key) => _present.Get(store, key);

    /// <inheritdoc/>
    public IReadOnlyList<FlagCondition>? Find(string store, string name) => _present.Find(store, name);

    /// <summary>Returns the segment that a campaign's definition names; <see langword="null"/> for none.</summary>
    /// <param name="definition">The campaign as in the configuration, a JSON object.</param>
    public static string? NameIn(string definition) => SegmentUses.NameIn(definition);
}
