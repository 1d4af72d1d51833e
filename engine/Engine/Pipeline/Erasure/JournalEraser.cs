using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>Finds a person in one journal and overwrites what it has of them, entry by entry. One at a time for a journal; on a thread of the caller's.</summary>
/// <param name="device">The journal's device.</param>
/// <param name="layout">Its layout.</param>
/// <param name="tail">The entries in memory; null for a journal that is only read.</param>
public sealed class JournalEraser(JournalDevice device, JournalLayout layout, JournalTail? tail = null)
{
    /// <summary>A callback with each step of a rewrite, by which tests crash in between.</summary>
    internal Action<string>? OnStep { get; init; }

    /// <summary>Number of entries that were rewritten.</summary>
    public long Entries { get; private set; }

    /// <summary>Number of segments with such entries.</summary>
    public long Segments { get; private set; }

    /// <summary>Bytes of those entries.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds the carts in which events name the person.</summary>
    /// <param name="person">The person.</param>
    /// <param name="until">Where to end.</param>
    /// <param name="pace">Rests now and then.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="JournalException">The journal is damaged.</exception>
    /// <exception cref="InvalidDataException">An entry's content is invalid.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Find(ErasedIds person, long until, ErasurePace pace)
    {
        var eraser = new EntryEraser(person);
        Read(until, pace, (_, entry) => eraser.Find(entry));
    }

    /// <summary>Overwrites what entries have of the person.</summary>
    /// <inheritdoc cref="Find"/>
    public void Overwrite(ErasedIds person, long until, ErasurePace pace)
    {
        var eraser = new EntryEraser(person);
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

    // Segment by segment, since retention may delete them meanwhile.
    void Read(long until, ErasurePace pace, Action<JournalReader, JournalEntry> take)
    {
        // Of an erasure that failed; after a crash, the start has done so.
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

                // An archived journal may end like that.
                if (reader.TornBytes > 0 && tail is not null)
                {
                    throw new JournalException("journal_damaged", $"The journal is damaged after address {reader.End}: an entry that was durable is incomplete.");
                }
            }
            catch (JournalException) when (!device.Segments().Contains(segment))
            {
                // Deleted.
            }
        }
    }
}
