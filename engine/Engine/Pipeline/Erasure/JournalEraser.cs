using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>
/// Finds people in one journal, and overwrites their data entry by entry. Not thread-safe; one eraser per journal. Blocks the caller's thread.
/// </summary>
/// <param name="device">The journal's device.</param>
/// <param name="layout">Its layout.</param>
/// <param name="tail">The entries in memory; <see langword="null"/> for an archived journal.</param>
public sealed class JournalEraser(JournalDevice device, JournalLayout layout, JournalTail? tail = null)
{
    /// <summary>Called with each step of a rewrite. For tests, which crash there.</summary>
    internal Action<string>? OnStep { get; init; }

    /// <summary>Number of rewritten entries.</summary>
    public long Entries { get; private set; }

    /// <summary>Number of segments with rewritten entries.</summary>
    public long Segments { get; private set; }

    /// <summary>Bytes of the rewritten entries.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds to each person the carts in which events name them. Reads the journal once for all.</summary>
    /// <param name="people">The people.</param>
    /// <param name="until">The address to stop at.</param>
    /// <param name="pace">Throttles the work.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="JournalException">The journal is damaged.</exception>
    /// <exception cref="InvalidDataException">An entry's content is invalid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Find(IReadOnlyList<ErasedIds> people, long until, ErasurePace pace)
    {
        var eraser = new EntryEraser(people);
        Read(until, pace, (_, entry) => eraser.Find(entry));
    }

    /// <summary>Overwrites the people's data in all entries. Reads the journal once for all.</summary>
    /// <inheritdoc cref="Find"/>
    public void Overwrite(IReadOnlyList<ErasedIds> people, long until, ErasurePace pace)
    {
        var eraser = new EntryEraser(people);
        var rewriter = new JournalRewriter(device, layout, tail) { OnStep = OnStep };
        Read(until, pace, (reader, entry) =>
        {
            if (eraser.TryErase(entry, out var payload))
            {
                rewriter.Replace(entry.Address, reader.Entry.Span, payload);
            }
        });
        rewriter.Flush();
        (Entries, Segments, Bytes) = (rewriter.Entries, rewriter.Segments, rewriter.Bytes);
    }

    // Reads segment by segment, because retention may delete segments meanwhile.
    void Read(long until, ErasurePace pace, Action<JournalReader, JournalEntry> take)
    {
        // A failed erasure in this process may have left a redo file; a start applies it otherwise.
        JournalRedo.Apply(device, layout);
        foreach (var segment in device.Segments())
        {
            try
            {
                var begin = segment * layout.SegmentSize;
                var reader = new JournalReader(device, layout, begin, until: Math.Min(until, begin + layout.SegmentSize));
                while (begin < until && reader.TryNext(out var entry))
                {
                    take(reader, entry);
                    pace.Rest();
                }

                // An archived journal may end with a torn entry; a live one may not.
                if (reader.TornBytes > 0 && tail is not null)
                {
                    throw new JournalException("journal_damaged", $"The journal is damaged after address {reader.End}: an entry that was durable is incomplete.");
                }
            }
            catch (JournalException) when (!device.Segments().Contains(segment))
            {
                // Retention has deleted the segment.
            }
        }
    }
}
