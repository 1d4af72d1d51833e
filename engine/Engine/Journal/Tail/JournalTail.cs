namespace CartRecovery.Engine.Journal.Tail;

/// <summary>
/// The committed entries of a partition's journal, for any number of readers. Each reads in order through a named <see
/// cref="JournalCursor"/>: recent entries from memory, earlier ones from the disk. The writer never waits for a reader.
/// </summary>
/// <remarks>Without a journal nothing can be read again, so the writer waits until the slowest reader has made room.</remarks>
public sealed class JournalTail
{
    /// <summary>Memory for recent entries, in bytes.</summary>
    public const int Capacity = 1 << 20;

    // Interval at which a writer without a journal looks for room (ms).
    const int Pause = 5;

    readonly object _gate = new();
    readonly Lock _saving = new();
    readonly TailBuffer _buffer = new(Capacity);
    readonly Queue<JournalEntryHead> _pending = new();
    readonly List<JournalCursor> _cursors = [];
    readonly string? _file;
    readonly Dictionary<string, long> _named;
    uint _kinds;
    long _durable;
    long _sequence = 1;
    bool _isClosed;

    /// <summary>Creates a partition's tail.</summary>
    /// <param name="file">Keeps the cursors' names and positions; null to keep none.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public JournalTail(string? file = null)
    {
        _file = file;
        _named = file is null ? new(StringComparer.Ordinal) : CursorFile.Read(file);
    }

    /// <summary>Everything before this address can be read.</summary>
    public long Durable => Volatile.Read(ref _durable);

    /// <summary>The cursors that are open.</summary>
    public IReadOnlyList<JournalCursor> Cursors
    {
        get
        {
            lock (_gate)
            {
                return [.. _cursors];
            }
        }
    }

    /// <summary>The address from which a named cursor needs the journal; <see cref="long.MaxValue"/> if there is none.</summary>
    public long NeededFrom
    {
        get
        {
            lock (_gate)
            {
                return _named.Count == 0 ? long.MaxValue : _named.Values.Min();
            }
        }
    }

    /// <summary><see langword="true"/> if the entries survive a restart.</summary>
    public bool IsDurable => Device is not null;

    internal JournalDevice? Device { get; private set; }

    internal JournalLayout Layout { get; private set; }

    /// <summary>Opens a cursor. The journal keeps what it needs from now on, also while it is closed.</summary>
    /// <param name="name">A word that identifies the reader. One open cursor per name.</param>
    /// <param name="from">Address to read from; null for where the name was released last, or the end if it is new. Releases nothing before it.</param>
    /// <param name="kinds">The entries to read; others are skipped.</param>
    public JournalCursor Open(string name, long? from, params ReadOnlySpan<EntryKind> kinds)
    {
        JournalCursor cursor;
        lock (_gate)
        {
            if (_cursors.Exists(c => c.Name == name))
            {
                throw new InvalidOperationException($"the cursor '{name}' is already open");
            }

            var start = from ?? _named.GetValueOrDefault(name, _durable);
            cursor = new JournalCursor(this, name, MaskOf(kinds), start, start == _durable ? _sequence : 0);
            _cursors.Add(cursor);

            // A position does not say that it would survive a power loss: that releases nothing.
            _named[name] = Math.Min(start, _named.GetValueOrDefault(name, start));
            if ((cursor.Kinds & ~_kinds) != 0)
            {
                // Entries of a kind nobody wanted are missing.
                _kinds |= cursor.Kinds;
                _buffer.Clear(_pending.Count > 0 ? _pending.Last().End : _durable);
            }
        }

        Save();
        return cursor;
    }

    /// <summary>Keeps the journal from an address on for a reader of its files, which needs no cursor. What it has released stays so.</summary>
    /// <param name="name">A word that identifies the reader.</param>
    /// <param name="from">The address; 0 for all there is.</param>
    public void Keep(string name, long from)
    {
        lock (_gate)
        {
            if (_named.TryGetValue(name, out var released) && released >= from)
            {
                return;
            }

            _named[name] = from;
        }

        Save();
    }

    /// <summary>Forgets a name, so that the journal keeps nothing for it.</summary>
    public void Forget(string name)
    {
        lock (_gate)
        {
            _named.Remove(name);
        }

        Save();
    }

    /// <summary>Writes the cursors' positions to the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save()
    {
        if (_file is null)
        {
            return;
        }

        lock (_saving)
        {
            Dictionary<string, long> named;
            lock (_gate)
            {
                named = new(_named, StringComparer.Ordinal);
            }

            CursorFile.Write(_file, named);
        }
    }

    /// <summary>Reads from a journal that was opened for writing.</summary>
    internal void Attach(JournalDevice device, JournalLayout layout, long durable, long nextSequence)
    {
        lock (_gate)
        {
            (Device, Layout, _durable, _sequence) = (device, layout, durable, nextSequence);
            _buffer.Clear(durable);
        }
    }

    /// <summary>Adds an entry that is not durable yet. Called by the writer.</summary>
    internal void Append(in JournalEntryHead head, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            _pending.Enqueue(head);
            if (IsWanted(head.Kind))
            {
                _buffer.Add(head, payload);
            }
        }
    }

    /// <summary>Makes entries readable. Called on the thread that learns of a commit.</summary>
    internal void Advance(long durable)
    {
        var kinds = 0u;
        JournalCursor[] cursors;
        lock (_gate)
        {
            if (_pending.TryPeek(out var first) && first.End <= durable)
            {
                foreach (var cursor in _cursors)
                {
                    cursor.BehindSince = cursor.Position >= _durable ? first.At : cursor.BehindSince;
                }
            }

            while (_pending.TryPeek(out var head) && head.End <= durable)
            {
                _pending.Dequeue();
                _sequence = head.Sequence + 1;
                kinds |= MaskOf(head.Kind);
            }

            _durable = Math.Max(_durable, durable);
            cursors = (kinds & _kinds) == 0 ? [] : [.. _cursors];
        }

        foreach (var cursor in cursors)
        {
            cursor.Notify(kinds);
        }
    }

    /// <summary>Adds an entry without a journal, and makes it readable at once. Called by the writer.</summary>
    /// <exception cref="ObjectDisposedException">The tail was closed while it waited for room.</exception>
    internal void AppendVolatile(EntryKind kind, long at, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            while (IsWanted(kind) && !_buffer.HasRoomFor(payload.Length) && _buffer.Count > 0)
            {
                _buffer.RemoveUntil(_cursors.Count == 0 ? long.MaxValue : _cursors.Min(c => c.Position));
                if (!_buffer.HasRoomFor(payload.Length))
                {
                    ObjectDisposedException.ThrowIf(_isClosed, this);
                    Monitor.Wait(_gate, Pause);
                }
            }

            var address = _pending.Count > 0 ? _pending.Last().End : _durable;
            Append(new JournalEntryHead(kind, address, address + 1, _sequence, at), payload);
        }

        Advance(_durable + 1);
    }

    /// <summary>Ends the writer's wait for room.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Replaces the payload of an entry that was rewritten, if memory has it.</summary>
    internal void Replace(long address, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            _buffer.Replace(address, payload);
        }
    }

    /// <summary>Tells cursors that the journal before an address is about to be deleted.</summary>
    internal void Truncate(long until)
    {
        lock (_gate)
        {
            foreach (var cursor in _cursors)
            {
                cursor.LostUntil = cursor.Position < until ? until : cursor.LostUntil;
            }
        }
    }

    internal void Release(JournalCursor cursor, long address)
    {
        lock (_gate)
        {
            if (_named.TryGetValue(cursor.Name, out var released) && released < address)
            {
                _named[cursor.Name] = address;
            }
        }
    }

    internal void Close(JournalCursor cursor)
    {
        lock (_gate)
        {
            _cursors.Remove(cursor);
            _kinds = _cursors.Aggregate(0u, (kinds, c) => kinds | c.Kinds);
        }
    }

    /// <summary>Reads the cursor's next entry from memory.</summary>
    internal TailRead Read(JournalCursor cursor, ref byte[] payload, out JournalEntry entry)
    {
        entry = default;
        lock (_gate)
        {
            if (cursor.LostUntil > cursor.Position)
            {
                return TailRead.Lost;
            }

            if (cursor.Position < _buffer.Begin && cursor.Position < _durable)
            {
                return Device is null ? TailRead.Lost : TailRead.OnDisk;
            }

            for (var i = _buffer.IndexOf(cursor.Position); i < _buffer.Count && _buffer[i].Head.End <= _durable; i++)
            {
                ref readonly var found = ref _buffer[i];
                if ((MaskOf(found.Head.Kind) & cursor.Kinds) == 0)
                {
                    continue;
                }

                if (payload.Length < found.Length)
                {
                    payload = new byte[found.Length * 2];
                }

                _buffer.CopyTo(found, payload);
                var head = found.Head;
                entry = new JournalEntry(head.Kind, head.Address, head.End, head.Sequence, head.At, payload.AsMemory(0, found.Length));
                return TailRead.Entry;
            }

            cursor.MoveTo(_durable, _sequence);
            return TailRead.End;
        }
    }

    /// <summary>Number of readable entries from this number on.</summary>
    internal long EntriesFrom(long sequence)
    {
        lock (_gate)
        {
            return Math.Max(0, _sequence - sequence);
        }
    }

    bool IsWanted(EntryKind kind) => (MaskOf(kind) & _kinds) != 0;

    internal static uint MaskOf(EntryKind kind) => 1u << (int)kind;

    static uint MaskOf(ReadOnlySpan<EntryKind> kinds)
    {
        var mask = 0u;
        foreach (var kind in kinds)
        {
            mask |= MaskOf(kind);
        }

        return mask;
    }
}
