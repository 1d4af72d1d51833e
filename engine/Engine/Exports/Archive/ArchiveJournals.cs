using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>The journals that an archive is made from.</summary>
/// <param name="Partitions">The number of partitions.</param>
/// <param name="Open">Opens a partition's journal as it is now; <see langword="null"/> if there is none yet.</param>
/// <param name="Former">Opens the journals from before the partitions were changed.</param>
/// <param name="Keys">Decrypt personal data; <see langword="null"/> without encryption.</param>
/// <param name="StoreOf">Returns the id of a store by its number.</param>
public sealed record ArchiveJournals(int Partitions, Func<int, JournalView?> Open, Func<IReadOnlyList<JournalView>> Former, KeyVault? Keys, Func<int, string> StoreOf)
{
    /// <summary>Opens what is not in an archive yet.</summary>
    /// <param name="manifest">The archive.</param>
    /// <param name="until">Events of former journals that were received from this time on wait (ms since 1970 UTC).</param>
    /// <param name="isContinued">Receives whether the marks are of these journals. If not, the manifest's time tells what is in the archive.</param>
    /// <param name="lost">Receives the bytes that a journal has no more.</param>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    internal List<ArchiveSource> OpenAfter(ArchiveManifest manifest, long until, out bool isContinued, out long lost)
    {
        lost = 0;
        var sources = new List<ArchiveSource>();
        var journals = Enumerable.Range(0, Partitions).Select(Open).ToArray();
        isContinued = manifest.Marks.Count == 0 || (manifest.Marks.Count == Partitions && journals.Zip(manifest.Marks).All(pair => Continues(pair.First, pair.Second)));

        // After other journals have taken the place of those that were read, or a backup was restored, only the time tells what is in the archive.
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

        // Nearly always there is nothing in that range, and the blocks' headers say so.
        sources.AddRange(Former().Select(journal => new ArchiveSource(new JournalEvents(journal, new TimeRange(manifest.Until, until), Keys), partition: null, manifest.Until)));
        return sources;
    }

    static bool Continues(JournalView? journal, ArchiveMark? mark)
    {
        if (mark is null || journal is null || mark.Address < journal.Begin)
        {
            return mark is null || journal is not null;
        }

        using var reader = journal.Read(mark.Address);
        return mark.Address < journal.End && reader.TryNext(out var entry) && (entry.Address, entry.Sequence, entry.At) == (mark.Address, mark.Sequence, mark.At);
    }
}
