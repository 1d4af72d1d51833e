using System.Buffers.Binary;
using CartRecovery.Engine.Journal.Erasure;

namespace CartRecovery.Engine.Journal;

/// <summary>An entry of the journal.</summary>
/// <param name="Kind">The entry's kind.</param>
/// <param name="Address">The entry's address: its identity.</param>
/// <param name="End">The address after it.</param>
/// <param name="Sequence">The entry's number.</param>
/// <param name="At">When it was written (ms since 1970 UTC); 0 if unknown.</param>
/// <param name="Payload">The payload, valid until the next entry is read.</param>
public readonly record struct JournalEntry(EntryKind Kind, long Address, long End, long Sequence, long At, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Version of its <see cref="JournalFrame"/>.</summary>
    public byte Version { get; init; } = JournalFrame.CurrentVersion;

    /// <summary>Bytes after the payload, by which it was longer before it was rewritten: another rewrite has them, too.</summary>
    public int Padding { get; init; }
}

/// <summary>
/// Reads and verifies a journal's entries in order, directly from its device, page by page. An incomplete entry is the journal's end if a
/// crash may have cut the write short; otherwise it is damage.
/// </summary>
public sealed class JournalReader
{
    // An entry that is being rewritten is complete on the second attempt, unless the next batch has reached it by then.
    const int MaxAttempts = 4;

    readonly JournalDevice _device;
    readonly JournalLayout _layout;
    readonly byte[] _page;
    readonly long _durable;
    long _pageAt = -1;
    int _pageLength;
    int _pageContent;
    long _next;
    long _sequence;
    ReadOnlyMemory<byte> _entry;

    /// <summary>Starts reading at an entry.</summary>
    /// <param name="device">The journal's device.</param>
    /// <param name="layout">The journal's layout.</param>
    /// <param name="from">Address of the first entry; not before the first segment.</param>
    /// <param name="sequence">Number of the first entry; 0 if unknown.</param>
    /// <param name="until">Reads nothing after this address. Entries written after this call are never read.</param>
    public JournalReader(JournalDevice device, JournalLayout layout, long from = 0, long sequence = 0, long until = long.MaxValue)
    {
        _device = device;
        _layout = layout;
        _page = GC.AllocateUninitializedArray<byte>(layout.PageSize);

        // Before the files' end is looked at, which may move on: what was marked is there then.
        _durable = until == long.MaxValue ? device.DurableMark : 0;
        var segments = device.Segments();
        FileEnd = segments.Count == 0 ? 0
            : Math.Min(until, (segments[^1] * layout.SegmentSize) + Math.Min(device.GetFileSize(segments[^1]), layout.SegmentSize));
        var begin = segments.Count == 0 ? 0 : segments[0] * layout.SegmentSize;
        if (from < begin)
        {
            from = begin;
            sequence = 0;
        }

        Begin = begin;
        _next = End = Math.Max(from, JournalLayout.FirstAddress);

        // The journal's very first entry has the number 1: if it is wiped and alone on its page, its successor must not be taken for it.
        _sequence = sequence == 0 && _next == JournalLayout.FirstAddress ? 1 : sequence;
    }

    /// <summary>Start of the first segment.</summary>
    public long Begin { get; }

    /// <summary>End of the last entry read.</summary>
    public long End { get; private set; }

    /// <summary>The last entry read, with its frame, valid until the next one is read.</summary>
    internal ReadOnlyMemory<byte> Entry => _entry;

    /// <summary>Number of the next entry; 0 if unknown.</summary>
    public long NextSequence => _sequence;

    /// <summary>Bytes after <see cref="End"/> that are no complete entry, once all entries are read.</summary>
    public long TornBytes { get; private set; }

    /// <summary>End of the last segment's file when reading began, or the address given.</summary>
    public long FileEnd { get; }

    /// <summary>Reads the next entry.</summary>
    /// <returns><see langword="false"/> at the journal's end.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>: a durable entry is incomplete. <c>journal_version</c>: a later version
    /// wrote the entry.</exception>
    public bool TryNext(out JournalEntry entry)
    {
        for (var attempts = 0; ; attempts++)
        {
            switch (ReadEntry(_next, out var payload, out var frame))
            {
                case ReadResult.Entry when _sequence == 0 || frame.Sequence == _sequence:
                    var end = AddressAfter(_next, frame.Length + payload.Length + frame.Padding);
                    entry = new JournalEntry(frame.Kind, _next, end, frame.Sequence, frame.At, payload) { Version = frame.Version, Padding = frame.Padding };
                    _sequence = frame.Sequence + 1;
                    _next = End = end;
                    return true;
                case ReadResult.EndOfPage:
                    _next = _layout.PageOf(_next) + _layout.PageSize;
                    attempts = -1;
                    break;
                case ReadResult.EndOfJournal:
                    if (_durable > End)
                    {
                        throw Damaged("nothing follows, though more was durable");
                    }

                    entry = default;
                    return false;
                case ReadResult.Garbage when attempts < MaxAttempts:
                    ReadPageAgain();
                    break;
                default:
                    ThrowIfDamaged();
                    TornBytes = Math.Max(0, FileEnd - End);
                    entry = default;
                    return false;
            }
        }
    }

    /// <summary>Goes on at another entry, whose number is not known.</summary>
    /// <param name="address">Its address: the start of a page, for instance.</param>
    internal void MoveTo(long address) => (_next, End, _sequence) = (Math.Max(address, JournalLayout.FirstAddress), Math.Max(address, JournalLayout.FirstAddress), 0);

    enum ReadResult
    {
        Entry,
        EndOfPage,
        EndOfJournal,
        Garbage,
    }

    // While an entry is rewritten, it may be read half old and half new: the redo file has all of it, until the journal has.
    void ReadPageAgain()
    {
        var page = _pageAt;
        Load(page);
        foreach (var (address, entry) in JournalRedo.Read(_device.RedoFile))
        {
            var offset = address + sizeof(int) - page;
            if (offset >= 0 && offset + entry.Length <= _pageLength)
            {
                entry.CopyTo(_page.AsMemory((int)offset));
            }
        }

        _pageContent = _page.AsSpan(0, _pageLength).LastIndexOfAnyExcept((byte)0) + 1;
    }

    void Load(long page)
    {
        var remaining = (int)Math.Min(_page.Length, FileEnd - page);
        _pageLength = _device.Read(_layout.SegmentOf(page), _layout.OffsetOf(page), _page.AsSpan(0, remaining));
        _pageContent = _page.AsSpan(0, _pageLength).LastIndexOfAnyExcept((byte)0) + 1;
        _pageAt = page;
    }

    // FasterLog's own header is the payload's length; entries are aligned to four bytes.
    static long AddressAfter(long address, int length) => address + sizeof(int) + ((length + 3) & ~3);

    ReadResult ReadEntry(long address, out ReadOnlyMemory<byte> payload, out JournalFrame frame)
    {
        payload = default;
        frame = default;
        var page = _layout.PageOf(address);
        if (page != _pageAt)
        {
            if (page >= FileEnd)
            {
                return ReadResult.EndOfJournal;
            }

            Load(page);
        }

        // After a page's last entry there are only zeros; anything else was an entry.
        var offset = (int)(address - page);
        if (offset >= _pageContent)
        {
            return ReadResult.EndOfPage;
        }

        var available = _page.AsMemory(0, _pageLength);
        if (available.Length - offset < sizeof(int))
        {
            return ReadResult.Garbage;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(available.Span[offset..]);
        offset += sizeof(int);
        if (length < JournalFrame.MinSize || length > available.Length - offset)
        {
            return ReadResult.Garbage;
        }

        var entry = available.Slice(offset, length);
        if (!JournalFrame.TryRead(entry.Span, out frame))
        {
            return ReadResult.Garbage;
        }

        payload = entry[frame.Length..^frame.Padding];
        _entry = entry;
        return ReadResult.Entry;
    }

    JournalException Damaged(string proof) => new("journal_damaged",
        $"The journal is damaged in {_device.FileName}, segment {_layout.SegmentOf(_next)} at byte {_layout.OffsetOf(_next)}: "
        + $"entry {_sequence} is incomplete, but {proof}. Nothing was changed. Restore the folder from a backup, or move it away to start with an empty state.");

    // A mark beyond the gap, or a valid entry after it that knew the gap to be durable, proves damage, not a torn write.
    void ThrowIfDamaged()
    {
        if (_durable > _next)
        {
            throw Damaged("it was durable");
        }

        for (var address = _next; ; address += sizeof(int))
        {
            switch (ReadEntry(address, out _, out var frame))
            {
                case ReadResult.Entry when frame.Durable > End && (_sequence == 0 || frame.Sequence >= _sequence):
                    throw Damaged($"the later entry {frame.Sequence} is not");
                case ReadResult.EndOfJournal:
                    return;
                case ReadResult.EndOfPage:
                    // The loop's increment moves on to the next page's first byte.
                    address = _pageAt + _layout.PageSize - sizeof(int);
                    break;
            }
        }
    }
}
