using CartRecovery.Engine.Backtest;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>Reads a journal for the archive. Not thread-safe.</summary>
/// <param name="events">The journal's events.</param>
/// <param name="partition">The partition's index; <see langword="null"/> for a journal from before the number of partitions was changed.</param>
/// <param name="from">Events that were received earlier are in the archive already (ms since 1970 UTC).</param>
sealed class ArchiveSource(JournalEvents events, int? partition, long from) : IDisposable
{
    public JournalEvents Events => events;

    public int? Partition => partition;

    /// <summary>Whether the current event is not in the archive yet.</summary>
    public bool IsNew => events.Slab.ReceivedAt >= from;

    /// <summary>The mark of the current event.</summary>
    public ArchiveMark Mark => new(events.At.Address, events.At.Events, events.Sequence, events.WrittenAt);

    public void Dispose() => events.Dispose();
}
