namespace CartRecovery.Engine.Decisions;

/// <summary>Gathers records for entries in the format of <see cref="EntryPayload"/>, and cuts them by bytes. One thread.</summary>
sealed class EntryBuilder
{
    // Keeps entries small enough for the tail's memory.
    const int MaxEntry = 128 * 1024;

    readonly MemoryStream _bytes = new();
    readonly List<int> _ends = [];
    byte[] _entry = new byte[4096];
    int _from;
    int _next;

    public EntryBuilder() => Output = new BinaryWriter(_bytes);

    /// <summary>Receives the current record.</summary>
    public BinaryWriter Output { get; }

    /// <summary>Number of records.</summary>
    public int Count => _ends.Count;

    /// <summary>Ends the current record.</summary>
    public void EndRecord() => _ends.Add((int)_bytes.Length);

    /// <summary>Cuts the next entry: as many records as fit, at least one.</summary>
    /// <param name="maxBytes">Maximum length of the entry.</param>
    /// <param name="entry">The entry, valid until the next call.</param>
    /// <returns><see langword="false"/> if no record is left; the builder is then empty.</returns>
    public bool TryCut(int maxBytes, out ReadOnlySpan<byte> entry)
    {
        entry = default;
        if (_next == _ends.Count)
        {
            Clear();
            return false;
        }

        var limit = _from + Math.Min(maxBytes, MaxEntry) - EntryPayload.HeaderSize;
        var end = _ends[_next++];
        while (_next < _ends.Count && _ends[_next] <= limit)
        {
            end = _ends[_next++];
        }

        var length = EntryPayload.HeaderSize + end - _from;
        if (_entry.Length < length)
        {
            _entry = new byte[length * 2];
        }

        _entry[0] = EntryPayload.Version;
        _entry[1] = _next == _ends.Count ? (byte)1 : (byte)0;
        _bytes.GetBuffer().AsSpan(_from, end - _from).CopyTo(_entry.AsSpan(EntryPayload.HeaderSize));
        _from = end;
        entry = _entry.AsSpan(0, length);
        return true;
    }

    /// <summary>Removes all records.</summary>
    public void Clear()
    {
        _bytes.SetLength(0);
        _ends.Clear();
        (_from, _next) = (0, 0);
    }
}
