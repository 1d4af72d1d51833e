using System.Buffers.Binary;

namespace CartRecovery.Engine.Journal;

/// <summary>An entry of the journal.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Address">Where it stands.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="Payload">What it holds; valid until the next entry is read.</param>
public readonly record struct JournalEntry(EntryKind Kind, long Address, long Sequence, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Reads a journal's entries in order, straight from its device, page by page. Each is checked. What is not whole ends the journal when
/// it may be a write that a crash cut short; otherwise it is damage.
/// </summary>
public sealed class JournalReader
{
    readonly JournalDevice _device;
    readonly JournalLayout _layout;
    readonly byte[] _page;
    long _pageAt = -1;
    int _pageLength;
    int _pageContent;
    long _next;
    long _sequence;

    /// <summary>Reads from an entry on.</summary>
    /// <param name="device">Where the journal lies.</param>
    /// <param name="layout">How it lies there.</param>
    /// <param name="from">The first entry's address; at the earliest where the first segment begins.</param>
    /// <param name="sequence">The first entry's number; 0 when it is not known.</param>
    /// <param name="until">Nothing behind this address is read. What is written after this call is not read anyway.</param>
    public JournalReader(JournalDevice device, JournalLayout layout, long from = 0, long sequence = 0, long until = long.MaxValue)
    {
        _device = device;
        _layout = layout;
        _page = GC.AllocateUninitializedArray<byte>(layout.PageSize);
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
        _sequence = sequence;
    }

    /// <summary>Where the first segment begins.</summary>
    public long Begin { get; }

    /// <summary>Behind the last entry that was read.</summary>
    public long End { get; private set; }

    /// <summary>The number that the next entry will have; 0 while none is known.</summary>
    public long NextSequence => _sequence;

    /// <summary>Bytes behind <see cref="End"/> that are no whole entry, once all entries are read.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Where the last segment ended, in its file, when reading began.</summary>
    public long FileEnd { get; }

    /// <summary>Reads the next entry.</summary>
    /// <returns>False at the journal's end.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>: an entry that was durable is not whole. <c>journal_version</c>.</exception>
    public bool TryNext(out JournalEntry entry)
    {
        while (true)
        {
            switch (Look(_next, out var payload, out var frame))
            {
                case Found.Entry when _sequence == 0 || frame.Sequence == _sequence:
                    entry = new JournalEntry(frame.Kind, _next, frame.Sequence, payload);
                    _sequence = frame.Sequence + 1;
                    _next = End = Behind(_next, payload.Length);
                    return true;
                case Found.EndOfPage:
                    _next = _layout.PageOf(_next) + _layout.PageSize;
                    break;
                case Found.EndOfJournal:
                    entry = default;
                    return false;
                default:
                    CheckThatNothingFollows();
                    TornBytes = Math.Max(0, FileEnd - End);
                    entry = default;
                    return false;
            }
        }
    }

    enum Found
    {
        Entry,
        EndOfPage,
        EndOfJournal,
        Garbage,
    }

    // FasterLog's own header is the payload's length; entries begin at multiples of four.
    long Behind(long address, int payload) => address + sizeof(int) + ((JournalFrame.Size + payload + 3) & ~3);

    Found Look(long address, out ReadOnlyMemory<byte> payload, out JournalFrame frame)
    {
        payload = default;
        frame = default;
        var page = _layout.PageOf(address);
        if (page != _pageAt)
        {
            if (page >= FileEnd)
            {
                return Found.EndOfJournal;
            }

            var there = (int)Math.Min(_page.Length, FileEnd - page);
            _pageLength = _device.Read(_layout.SegmentOf(page), _layout.OffsetOf(page), _page.AsSpan(0, there));
            _pageContent = _page.AsSpan(0, _pageLength).LastIndexOfAnyExcept((byte)0) + 1;
            _pageAt = page;
        }

        // Behind a page's last entry there is nothing but zeros: else that is where an entry was.
        var offset = (int)(address - page);
        if (offset >= _pageContent)
        {
            return Found.EndOfPage;
        }

        var available = _page.AsMemory(0, _pageLength);
        if (available.Length - offset < sizeof(int))
        {
            return Found.Garbage;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(available.Span[offset..]);
        offset += sizeof(int);
        if (length < JournalFrame.Size || length > available.Length - offset)
        {
            return Found.Garbage;
        }

        var entry = available.Slice(offset, length);
        payload = entry[JournalFrame.Size..];
        return JournalFrame.TryRead(entry.Span, out frame) ? Found.Entry : Found.Garbage;
    }

    // A whole entry behind the gap that knew the gap to be durable: then it is no cut-off write but damage.
    void CheckThatNothingFollows()
    {
        for (var address = _next; ; address += sizeof(int))
        {
            switch (Look(address, out _, out var frame))
            {
                case Found.Entry when frame.Durable > End && (_sequence == 0 || frame.Sequence >= _sequence):
                    throw new JournalException("journal_damaged",
                        $"The journal is damaged in {_device.FileName}, segment {_layout.SegmentOf(_next)} at byte {_layout.OffsetOf(_next)}: "
                        + $"entry {_sequence} is not whole, and entry {frame.Sequence} behind it is. Nothing was changed. Restore the folder from a backup, "
                        + "or move it away to start with an empty state.");
                case Found.EndOfJournal:
                    return;
                case Found.EndOfPage:
                    // The loop's step leads to the next page's first byte.
                    address = _pageAt + _layout.PageSize - sizeof(int);
                    break;
            }
        }
    }
}
