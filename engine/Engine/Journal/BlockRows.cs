using System.Buffers.Binary;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Converts the events of a block between <see cref="BlockColumns"/> and rows, in which blocks before version 6 store them and all are read: each
/// event's numbers, lengths, cart secret and details, and texts together. Reusable. One thread at a time.
/// </summary>
sealed class BlockRows
{
    readonly BlockColumns _columns = new();
    readonly int[] _ends = new int[BlockColumns.Count];
    readonly int[] _at = new int[BlockColumns.Count];

    // Where in the rows the text is that the next one of its kind shares bytes with.
    readonly (int At, int Length)[] _before = new (int, int)[BlockColumns.Shared];
    int _stores;

    /// <summary>Converts columns to rows.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">Receives the rows; is replaced if it is too short.</param>
    /// <returns>The length of the rows: at most <see cref="EventBlockHeader.MaxRawLength"/>.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>: they are not columns.</exception>
    public int Unpack(ReadOnlySpan<byte> columns, ref byte[] rows)
    {
        Divide(columns);
        Array.Clear(_before);
        if (rows.Length < columns.Length)
        {
            // Rows take about half as much again.
            rows = new byte[Math.Min(2 * columns.Length, EventBlockHeader.MaxRawLength)];
        }

        _stores = 0;
        var numbers = new BlockReader(columns[.._ends[0]]);
        var lengths = new BlockReader(columns[.._ends[1]]);
        numbers.Bytes(_at[0]);
        lengths.Bytes(_at[1]);
        var length = 0;
        while (numbers.Position < _ends[0])
        {
            var from = numbers.Position;
            var events = ReadRun(ref numbers);
            Append(columns[from..numbers.Position], ref rows, ref length);
            for (; events > 0; events--)
            {
                UnpackEvent(columns, ref numbers, ref lengths, ref rows, ref length);
            }
        }

        for (var i = BlockColumns.FirstText; i < BlockColumns.Count; i++)
        {
            if (_at[i] != _ends[i])
            {
                throw BlockReader.Damaged();
            }
        }

        return lengths.Position == _ends[1] ? length : throw BlockReader.Damaged();
    }

    /// <summary>Converts rows to columns. The columns are never longer than those that the rows came from, if texts were only removed.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="columns">Receives the columns; is replaced if it is too short.</param>
    /// <returns>The length of the columns.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>: they are not rows.</exception>
    public int Pack(ReadOnlySpan<byte> rows, ref byte[] columns)
    {
        _columns.Clear();
        _stores = 0;
        var reader = new BlockReader(rows);
        while (reader.Position < rows.Length)
        {
            var from = reader.Position;
            var events = ReadRun(ref reader);
            _columns.Reserve(reader.Position - from, events: 0, default);
            Append(rows[from..reader.Position]);
            for (; events > 0; events--)
            {
                PackEvent(rows, ref reader);
            }
        }

        var length = _columns.Length;
        if (columns.Length < length)
        {
            columns = new byte[length];
        }

        _columns.WriteTo(columns);
        return length;
    }

    void Divide(ReadOnlySpan<byte> columns)
    {
        var at = BlockColumns.HeaderSize;
        for (var i = 0; i < BlockColumns.Count; i++)
        {
            _at[i] = at;
            var isLast = i == BlockColumns.Count - 1;
            var length = isLast ? columns.Length - at
                : columns.Length < BlockColumns.HeaderSize ? -1 : BinaryPrimitives.ReadInt32LittleEndian(columns[(i * sizeof(int))..]);
            if (length < 0 || length > columns.Length - at)
            {
                throw BlockReader.Damaged();
            }

            at += length;
            _ends[i] = at;
        }
    }

    void UnpackEvent(ReadOnlySpan<byte> columns, ref BlockReader numbers, ref BlockReader lengths, ref byte[] rows, ref int length)
    {
        var from = numbers.Position;
        var parts = ReadNumbers(ref numbers);
        Append(columns[from..numbers.Position], ref rows, ref length);
        from = numbers.Position;
        numbers.Bytes(TailLength(parts));
        var tail = columns[from..numbers.Position];

        Span<(byte Length, byte Shared)> texts = stackalloc (byte, byte)[BlockColumns.Shared];
        Span<byte> row = stackalloc byte[BlockColumns.Shared + 5];
        var writer = new BlockWriter(row);
        for (var i = 0; i < BlockColumns.Shared; i++)
        {
            if (!Has(parts, i))
            {
                continue;
            }

            var text = lengths.IdLength();
            writer.Byte(text);
            texts[i] = (text, text == 0 ? (byte)0 : lengths.Byte());
            if (texts[i].Shared > text || texts[i].Shared > _before[i].Length)
            {
                throw BlockReader.Damaged();
            }
        }

        var meta = 0;
        if ((parts & EventParts.Meta) != 0)
        {
            meta = lengths.Unsigned(EventBlockHeader.MaxRawLength);
            writer.Unsigned((uint)meta);
        }

        Append(row[..writer.Length], ref rows, ref length);
        Append(tail, ref rows, ref length);
        for (var i = 0; i < BlockColumns.Shared; i++)
        {
            if (texts[i].Length > 0)
            {
                var (start, shared) = (length, texts[i].Shared);
                Reserve(ref rows, length, shared);
                rows.AsSpan(_before[i].At, shared).CopyTo(rows.AsSpan(length));
                length += shared;
                Append(Take(columns, BlockColumns.FirstText + i, texts[i].Length - shared), ref rows, ref length);
                _before[i] = (start, texts[i].Length);
            }
        }

        Append(Take(columns, BlockColumns.Count - 1, meta), ref rows, ref length);
    }

    ReadOnlySpan<byte> Take(ReadOnlySpan<byte> columns, int column, int length)
    {
        var at = _at[column];
        if (length > _ends[column] - at)
        {
            throw BlockReader.Damaged();
        }

        _at[column] += length;
        return columns.Slice(at, length);
    }

    void PackEvent(ReadOnlySpan<byte> rows, ref BlockReader reader)
    {
        var from = reader.Position;
        var parts = ReadNumbers(ref reader);
        var numbers = rows[from..reader.Position];
        Span<byte> lengths = stackalloc byte[BlockColumns.Shared];
        var texts = default(BlockColumns.TextLengths);
        for (var i = 0; i < BlockColumns.Shared; i++)
        {
            texts[i] = lengths[i] = Has(parts, i) ? reader.IdLength() : (byte)0;
        }

        texts[BlockColumns.Shared] = (parts & EventParts.Meta) == 0 ? 0 : reader.Unsigned(EventBlockHeader.MaxRawLength);
        var tail = reader.Bytes(TailLength(parts));
        _columns.Reserve(numbers.Length + tail.Length, events: 1, texts);
        Append(numbers);
        Append(tail);
        var writer = new BlockWriter(_columns.Lengths);
        for (var i = 0; i < BlockColumns.Shared; i++)
        {
            if (Has(parts, i))
            {
                writer.Byte(lengths[i]);
            }

            if (lengths[i] > 0)
            {
                writer.Byte(_columns.Texts[i].Add(reader.Bytes(lengths[i]), lengths[i]));
            }
        }

        if ((parts & EventParts.Meta) != 0)
        {
            writer.Unsigned((uint)texts[BlockColumns.Shared]);
        }

        _columns.LengthsLength += writer.Length;
        _columns.Metas.AddWhole(reader.Bytes(texts[BlockColumns.Shared]));
    }

    void Append(ReadOnlySpan<byte> numbers)
    {
        numbers.CopyTo(_columns.Numbers);
        _columns.NumbersLength += numbers.Length;
    }

    static void Append(ReadOnlySpan<byte> bytes, ref byte[] rows, ref int length)
    {
        Reserve(ref rows, length, bytes.Length);
        bytes.CopyTo(rows.AsSpan(length));
        length += bytes.Length;
    }

    static void Reserve(ref byte[] rows, int length, int more)
    {
        if (more > EventBlockHeader.MaxRawLength - length)
        {
            throw BlockReader.Damaged();
        }

        if (rows.Length < length + more)
        {
            Array.Resize(ref rows, Math.Clamp(2 * rows.Length, length + more, EventBlockHeader.MaxRawLength));
        }
    }

    /// <summary>Reads the head of a run of one source's events.</summary>
    /// <returns>The number of its events.</returns>
    static ulong ReadRun(ref BlockReader reader)
    {
        var head = reader.Unsigned();
        if ((head & 1) != 0)
        {
            reader.Byte();
        }

        reader.Signed();
        reader.Signed();
        return head >> 1;
    }

    // Everything before the lengths.
    EventParts ReadNumbers(ref BlockReader reader)
    {
        reader.Byte();
        var parts = (EventParts)(reader.Byte() | (reader.Byte() << 8));
        reader.Signed();
        if ((parts & EventParts.Store) != 0 && reader.Unsigned(_stores) == _stores)
        {
            reader.Bytes(reader.IdLength());
            _stores++;
        }

        reader.Bytes((parts & EventParts.Flags) == 0 ? 0 : 1);
        Skip(ref reader, parts, EventParts.Watermark);
        Skip(ref reader, parts, EventParts.Price);
        Skip(ref reader, parts, EventParts.Quantity);
        Skip(ref reader, parts, EventParts.Currency);
        reader.Bytes((parts & EventParts.Context) == 0 ? 0 : 2);
        reader.Bytes((parts & EventParts.Popularity) == 0 ? 0 : 4);
        return parts;
    }

    static void Skip(ref BlockReader reader, EventParts parts, EventParts part)
    {
        if ((parts & part) != 0)
        {
            reader.Unsigned();
        }
    }

    // Of the cart's secret and the details.
    static int TailLength(EventParts parts) => ((parts & EventParts.CartSecret) == 0 ? 0 : sizeof(ulong)) + ((parts & EventParts.Details) == 0 ? 0 : 1);

    // Whether the lengths have one of an id; the first two always.
    static bool Has(EventParts parts, int text) => text switch
    {
        2 => (parts & EventParts.User) != 0,
        3 => (parts & EventParts.Session) != 0,
        4 => (parts & EventParts.Product) != 0,
        _ => true,
    };
}
