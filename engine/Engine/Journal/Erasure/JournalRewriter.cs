using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Engine.Journal.Erasure;

/// <summary>
/// Replaces payloads of a journal's entries in place, in batches: see <see cref="JournalRedo"/>. Whoever reads meanwhile reads each entry as it
/// was or as it is. One at a time for a journal.
/// </summary>
/// <param name="device">The journal's device.</param>
/// <param name="layout">Its layout.</param>
/// <param name="tail">The entries in memory; null if nobody reads them.</param>
sealed class JournalRewriter(JournalDevice device, JournalLayout layout, JournalTail? tail)
{
    // Bounds the memory and the redo file.
    const int MaxBatch = 8 << 20;

    readonly List<(long Address, byte[] Entry)> _batch = [];
    readonly List<byte[]> _payloads = [];
    readonly HashSet<int> _segments = [];
    int _bytes;

    /// <summary>Number of entries that were replaced.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of those entries.</summary>
    public long Bytes { get; private set; }

    /// <summary>Number of segments that have such entries.</summary>
    public long Segments => _segments.Count;

    /// <summary>A callback with the step, by which tests crash in between.</summary>
    internal Action<string>? OnStep { get; init; }

    /// <summary>Replaces an entry's payload, at the latest with <see cref="Flush"/>.</summary>
    /// <param name="address">The entry's address. Nothing before its end may still be written by FasterLog.</param>
    /// <param name="entry">The entry with its frame.</param>
    /// <param name="payload">The new payload, not longer than the present one and its padding.</param>
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
