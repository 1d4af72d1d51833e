namespace CartRecovery.Engine.Journal.Tail;

/// <summary>
/// Keeps a journal's most recent entries in a ring of bytes. Entries that do not fit push out the oldest. Not thread-safe.
/// </summary>
/// <param name="capacity">Size of the ring in bytes.</param>
sealed class TailBuffer(int capacity)
{
    // What an entry without a payload costs, so that their number is bounded too.
    const int PerEntry = 64;

    readonly byte[] _bytes = new byte[capacity];
    TailEntry[] _entries = new TailEntry[64];
    int _first;
    int _offset;
    int _free = capacity;

    /// <summary>Number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>Every entry added from this address on is here.</summary>
    public long Begin { get; private set; }

    /// <summary>Returns whether a payload of this length fits without pushing out others.</summary>
    public bool HasRoomFor(int length) => length + PerEntry <= _free;

    /// <summary>The entry at this index, oldest first.</summary>
    public ref readonly TailEntry this[int index] => ref _entries[(_first + index) & (_entries.Length - 1)];

    /// <summary>Adds an entry.</summary>
    public void Add(in JournalEntryHead head, ReadOnlySpan<byte> payload)
    {
        if (payload.Length + PerEntry > _bytes.Length)
        {
            Clear(head.End);
            return;
        }

        while (!HasRoomFor(payload.Length))
        {
            RemoveFirst();
        }

        if (Count == _entries.Length)
        {
            Grow();
        }

        var begin = Math.Min(payload.Length, _bytes.Length - _offset);
        payload[..begin].CopyTo(_bytes.AsSpan(_offset));
        payload[begin..].CopyTo(_bytes);
        _entries[(_first + Count++) & (_entries.Length - 1)] = new TailEntry(head, _offset, payload.Length, payload.Length);
        _offset = (_offset + payload.Length) % _bytes.Length;
        _free -= payload.Length + PerEntry;
    }

    /// <summary>Replaces an entry's payload by one that is not longer; nothing if the entry is not here.</summary>
    public void Replace(long address, ReadOnlySpan<byte> payload)
    {
        var index = IndexOf(address);
        if (index == Count || this[index].Head.Address != address || payload.Length > this[index].Length)
        {
            return;
        }

        ref var entry = ref _entries[(_first + index) & (_entries.Length - 1)];
        for (var i = 0; i < entry.Length; i++)
        {
            _bytes[(entry.Offset + i) % _bytes.Length] = i < payload.Length ? payload[i] : (byte)0;
        }

        entry = entry with { Length = payload.Length };
    }

    /// <summary>Removes entries that end at or before an address.</summary>
    public void RemoveUntil(long address)
    {
        while (Count > 0 && this[0].Head.End <= address)
        {
            RemoveFirst();
        }
    }

    /// <summary>Removes all entries; those added later are complete from an address on.</summary>
    public void Clear(long begin)
    {
        (_first, Count, _offset, _free, Begin) = (0, 0, 0, _bytes.Length, begin);
    }

    /// <summary>Returns the index of the first entry at or after an address; <see cref="Count"/> if there is none.</summary>
    public int IndexOf(long address)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = this[middle].Head.Address < address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Copies an entry's payload.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="target">At least as long as the payload.</param>
    public void CopyTo(in TailEntry entry, Span<byte> target)
    {
        var begin = Math.Min(entry.Length, _bytes.Length - entry.Offset);
        _bytes.AsSpan(entry.Offset, begin).CopyTo(target);
        _bytes.AsSpan(0, entry.Length - begin).CopyTo(target[begin..]);
    }

    void RemoveFirst()
    {
        ref readonly var entry = ref this[0];
        _free += entry.Space + PerEntry;
        Begin = entry.Head.End;
        _first = (_first + 1) & (_entries.Length - 1);
        Count--;
    }

    void Grow()
    {
        var entries = new TailEntry[_entries.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            entries[i] = this[i];
        }

        (_entries, _first) = (entries, 0);
    }
}

/// <summary>An entry of a <see cref="TailBuffer"/>.</summary>
/// <param name="Head">The entry without its payload.</param>
/// <param name="Offset">Where its payload begins in the ring.</param>
/// <param name="Length">Length of its payload in bytes.</param>
/// <param name="Space">Bytes that it takes in the ring.</param>
readonly record struct TailEntry(JournalEntryHead Head, int Offset, int Length, int Space);

/// <summary>An entry without its payload.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Address">Its address.</param>
/// <param name="End">The address after it.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="At">When it was written (ms since 1970 UTC).</param>
readonly record struct JournalEntryHead(EntryKind Kind, long Address, long End, long Sequence, long At);
