using CartRecovery.Engine.Backtest;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>A journal that is read for the archive.</summary>
/// <param name="events">Its events.</param>
/// <param name="partition">The partition's index; <see langword="null"/> for a former journal, which is not written to any more.</param>
/// <param name="from">Earlier events are in the archive (ms since 1970 UTC).</param>
sealed class ArchiveSource(JournalEvents events, int? partition, long from) : IDisposable
{
    public JournalEvents Events => events;

    public int? Partition => partition;

    /// <summary>Whether the current event belongs into the archive.</summary>
    public bool IsNew => events.Slab.ReceivedAt >= from;

    /// <summary>The mark of the current event.</summary>
    public ArchiveMark Mark => new(events.At.Address, events.At.Events, events.Sequence, events.WrittenAt);

    public void Dispose() => events.Dispose();
}
