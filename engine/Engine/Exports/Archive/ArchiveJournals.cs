using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>The journals to archive.</summary>
/// <param name="Partitions">The number of partitions.</param>
/// <param name="Open">Opens a partition's journal up to its current end; <see langword="null"/> if the partition has none yet.</param>
/// <param name="Former">Opens the journals from before the number of partitions was changed.</param>
/// <param name="Keys">The keys that decrypt personal data; <see langword="null"/> without encryption.</param>
/// <param name="StoreOf">Returns the id of a store by its number, and what shows its ids as the shop writes them.</param>
public sealed record ArchiveJournals(int Partitions, Func<int, JournalView?> Open, Func<IReadOnlyList<JournalView>> Former, KeyVault? Keys, Func<int, (string Id, IdHasher? Ids)> StoreOf)
{
    /// <summary>Opens the journals after the last event in an archive.</summary>
    /// <param name="manifest">The archive.</param>
    /// <param name="until">Skips events of former journals that were received at or after this time (ms since 1970 UTC).</param>
    /// <param name="isContinued">Whether the marks are of these journals. Otherwise, only the manifest's time says which events are in the archive.</param>
    /// <param name="lost">Bytes that the journals deleted before they were archived.</param>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    internal List<ArchiveSource> OpenAfter(ArchiveManifest manifest, long until, out bool isContinued, out long lost)
    {
        lost = 0;
        var sources = new List<ArchiveSource>();
        var journals = Enumerable.Range(0, Partitions).Select(Open).ToArray();
        isContinued = manifest.Marks.Count == 0 || (manifest.Marks.Count == Partitions && journals.Zip(manifest.Marks).All(pair => Continues(pair.First, pair.Second)));

        // If the journals were replaced (a restored backup, other partitions), only the time says which events are in the archive.
        var from = isContinued ? manifest.From : manifest.Until;
        for (var i = 0; i < journals.Length; i++)
        {
            if (journals[i] is not { } journal)
            {
                continue;
            }

            var mark = isContinued ? manifest.Marks.ElementAtOrDefault(i) : null;
            lost += mark is null ? 0 : Math.Max(0, journal.Begin - mark.Address);
            sources.Add(new ArchiveSource(
                new JournalEvents(journal, TimeRange.Everything, Keys, mark is null ? default : new EventPosition(mark.Address, mark.Events)), i, from));
        }

        // Cheap: nearly always, no block's header is in the range.
        sources.AddRange(Former().Select(journal => new ArchiveSource(new JournalEvents(journal, new TimeRange(manifest.Until, until), Keys), partition: null, manifest.Until)));
        return sources;
    }

    static bool Continues(JournalView? journal, ArchiveMark? mark)
    {
        if (mark is null || journal is null || mark.Address < journal.Begin)
        {
            return mark is null || journal is not null;
        }

        return journal.Has(mark.Address, mark.Sequence, mark.At);
    }
}
