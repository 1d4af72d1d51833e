using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Engine.Journal.Erasure;

/// <summary>
/// Replaces payloads of a journal's entries in place, in batches, protected by a <see cref="JournalRedo"/> file. A concurrent reader reads
/// each entry either before or after its replacement. One rewriter per journal.
/// </summary>
/// <param name="device">The journal's device.</param>
/// <param name="layout">Its layout.</param>
/// <param name="tail">The entries in memory; <see langword="null"/> if nothing reads them.</param>
sealed class JournalRewriter(JournalDevice device, JournalLayout layout, JournalTail? tail)
{
    // Bounds the memory and the size of the redo file.
    const int MaxBatch = 8 << 20;

    readonly List<(long Address, byte[] Entry)> _batch = [];
    readonly List<byte[]> _payloads = [];
    readonly HashSet<int> _segments = [];
    int _bytes;

    /// <summary>Number of replaced entries.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of the replaced entries.</summary>
    public long Bytes { get; private set; }

    /// <summary>Number of segments with replaced entries.</summary>
    public long Segments => _segments.Count;

    /// <summary>Called with each step. For tests, which crash there.</summary>
    internal Action<string>? OnStep { get; init; }

    /// <summary>Replaces an entry's payload; durable after <see cref="Flush"/>.</summary>
    /// <param name="address">The entry's address. FasterLog must have written everything before its end.</param>
    /// <param name="entry">The entry with its frame.</param>
    /// <param name="payload">The new payload, at most as long as the present one and its padding together.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Replace(long address, ReadOnlySpan<byte> entry, ReadOnlySpan<byte> payload)
    {
        var rewritten = entry.ToArray();
        JournalFrame.Rewrite(rewritten, payload);
        _batch.Add((address, rewritten));
        _payloads.Add(payload.ToArray());
        _bytes += rewritten.Length;
        if (_bytes >= MaxBatch)
        {
            Flush();
        }
    }

    /// <summary>Makes the replacements durable.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Flush()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        var path = device.RedoFile ?? throw new NotSupportedException("this device rewrites nothing");
        OnStep?.Invoke("before the redo file");
        JournalRedo.Write(path, _batch);
        OnStep?.Invoke("after the redo file");
        JournalRedo.Apply(device, layout);
        OnStep?.Invoke("after the journal");
        for (var i = 0; i < _batch.Count; i++)
        {
            tail?.Replace(_batch[i].Address, _payloads[i]);
            _segments.Add(layout.SegmentOf(_batch[i].Address));
        }

        (Entries, Bytes, _bytes) = (Entries + _batch.Count, Bytes + _bytes, 0);
        _batch.Clear();
        _payloads.Clear();
    }
}
