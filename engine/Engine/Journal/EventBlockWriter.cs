using System.Runtime.CompilerServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Encodes slabs of events into a block: by columns, without what follows from the previous event or can be computed from the texts, and compressed
/// with LZ4 if that saves space. Reusable; allocates only to grow its buffers. One thread at a time.
/// </summary>
/// <param name="stores">The stores that events refer to by number.</param>
/// <param name="compress"><see langword="false"/> to store every block uncompressed.</param>
public sealed class EventBlockWriter(JournalStores stores, bool compress = true)
{
    // A block that shrinks by less than 1/16 is stored uncompressed: decoding it is then a copy.
    const int MinSaving = 16;

    // Shorter blocks are always compressed: it costs little, and tells nothing about longer ones.
    const int ShortBlock = 4 * 1024;

    // After a block that hardly shrank, one block is stored untried; twice as many after each further one, up to this number.
    const int MaxUntried = 32;

    // Upper bounds for all numbers and lengths of a source's run or an event, including a store's id.
    const int RunOverhead = 32;
    const int EventOverhead = 160;

    readonly List<int> _stores = [];
    readonly BlockColumns _columns = new();
    byte[] _raw = new byte[64 * 1024];
    byte[] _block = new byte[64 * 1024];
    PreviousEvent _before = PreviousEvent.None;
    int _ownCount;
    int _pause = 1;
    int _untried;
    long _first;
    long _last;

    /// <summary>Number of events in the block.</summary>
    public int Count { get; private set; }

    /// <summary>Length of the block before compression, in bytes.</summary>
    public int RawLength => _columns.Length;

    /// <summary>Length of its events by rows, in bytes, at most: as they are read.</summary>
    public int RowsLength { get; private set; }

    /// <summary>Starts a block.</summary>
    public void Begin()
    {
        _stores.Clear();
        _before = PreviousEvent.None;
        _columns.Clear();
        Count = RowsLength = _ownCount = 0;
        _first = _last = 0;
    }

    /// <summary>Appends the events of a slab, without duplicates.</summary>
    /// <exception cref="InvalidOperationException">The block would exceed <see cref="EventBlockHeader.MaxRawLength"/>.</exception>
    public void Add(EventSlab slab)
    {
        var start = 0;
        foreach (ref readonly var run in slab.Runs)
        {
            Add(slab, slab.Records.AsSpan(start, run.End - start), run.Source);
            start = run.End;
        }

        Add(slab, slab.Records.AsSpan(start, slab.Count - start), source: null);
    }

    void Add(EventSlab slab, ReadOnlySpan<EventRecord> records, IEventSource? source)
    {
        var (kept, text) = (0, 0);
        var texts = default(BlockColumns.TextLengths);
        foreach (ref readonly var record in records)
        {
            if ((record.Flags & EventFlags.Duplicate) == 0)
            {
                kept++;
                text += record.TextLength;
                texts[0] += record.IdLength;
                texts[1] += record.CartLength;
                texts[2] += record.UserLength;
                texts[3] += record.SessionLength;
                texts[4] += record.ProductLength;
                texts[5] += record.MetaLength;
            }
        }

        if (kept == 0)
        {
            return;
        }

        var numbers = RunOverhead + (kept * EventOverhead);
        if (numbers + text > EventBlockHeader.MaxRawLength - RowsLength)
        {
            throw new InvalidOperationException("The block would exceed its maximum length.");
        }

        _columns.Reserve(numbers, kept, texts);
        var writer = new BlockWriter(_columns.Numbers);
        var lengths = new BlockWriter(_columns.Lengths);
        // Bit 0: the source is a bot's, and the evidence follows. Version 1 stored the key's kind there, which the events' flags have too.
        var bot = source?.Bot ?? BotEvidence.None;
        writer.Unsigned(((ulong)kept << 1) | (bot == BotEvidence.None ? 0u : 1u));
        if (bot != BotEvidence.None)
        {
            writer.Byte((byte)bot);
        }

        writer.Signed(source?.ConnectionId ?? 0);
        writer.Signed(slab.ReceivedAt - _before.ReceivedAt);
        _before.ReceivedAt = slab.ReceivedAt;
        _first = Count == 0 ? slab.ReceivedAt : Math.Min(_first, slab.ReceivedAt);
        _last = Count == 0 ? slab.ReceivedAt : Math.Max(_last, slab.ReceivedAt);
        foreach (ref readonly var record in records)
        {
            if ((record.Flags & EventFlags.Duplicate) == 0)
            {
                Write(ref writer, record);
                WriteTexts(ref lengths, record, slab.Text.AsSpan(record.TextOffset));
            }
        }

        Count += kept;
        RowsLength += writer.Length + lengths.Length + text;
        _columns.NumbersLength += writer.Length;
        _columns.LengthsLength += lengths.Length;
    }

    /// <summary>Ends the block.</summary>
    /// <returns>Its bytes, valid until the next block ends.</returns>
    public ReadOnlySpan<byte> Finish()
    {
        var rawLength = RawLength;
        if (_raw.Length < rawLength)
        {
            _raw = new byte[Math.Max(rawLength, 2 * _raw.Length)];
        }

        if (_block.Length < EventBlockHeader.Size + Lz4.MaxLength(_raw.Length))
        {
            _block = new byte[EventBlockHeader.Size + Lz4.MaxLength(_raw.Length)];
        }

        var raw = _raw.AsSpan(0, rawLength);
        _columns.WriteTo(raw);
        var target = _block.AsSpan(EventBlockHeader.Size);
        var length = Compress(raw, target);
        var isCompressed = length > 0;
        if (!isCompressed)
        {
            raw.CopyTo(target);
            length = rawLength;
        }

        new EventBlockHeader(Count, _ownCount, rawLength, _first, _last, isCompressed).WriteTo(_block);
        return _block.AsSpan(0, EventBlockHeader.Size + length);
    }

    // Returns 0 if the block is to be stored uncompressed.
    int Compress(ReadOnlySpan<byte> raw, Span<byte> target)
    {
        if (!compress || raw.IsEmpty)
        {
            return 0;
        }

        if (_untried > 0 && raw.Length >= ShortBlock)
        {
            _untried--;
            return 0;
        }

        var length = Lz4.Compress(raw, target);
        var isWorthIt = length > 0 && length < raw.Length - (raw.Length / MinSaving);
        if (raw.Length >= ShortBlock)
        {
            _untried = isWorthIt ? 0 : _pause;
            _pause = isWorthIt ? 1 : Math.Min(2 * _pause, MaxUntried);
        }

        return isWorthIt ? length : 0;
    }

    void Write(ref BlockWriter writer, in EventRecord record)
    {
        // A local copy stays in registers.
        var bytes = writer;
        var watermark = record.Watermark - _before.NextWatermark(record.Timestamp);
        var parts = (record.Store != _before.Store ? EventParts.Store : 0)
            | (record.Flags != _before.Flags ? EventParts.Flags : 0)
            | (watermark != 0 ? EventParts.Watermark : 0)
            | (record.Price != 0 ? EventParts.Price : 0)
            | QuantityParts(record.Thousandths)
            | (record.Currency != _before.Currency ? EventParts.Currency : 0)
            | (record.Device != 0 || record.Source != 0 ? EventParts.Context : 0)
            | (record.UserLength != 0 ? EventParts.User : 0)
            | (record.SessionLength != 0 ? EventParts.Session : 0)
            | (record.ProductLength != 0 ? EventParts.Product : 0)
            | (record.MetaLength != 0 ? EventParts.Meta : 0)
            | (record.CartSecret != 0 ? EventParts.CartSecret : 0)
            | (record.Details != 0 ? EventParts.Details : 0)
            | (record.CategoryViews != default || record.CategoryAdds != default ? EventParts.Popularity : 0);
        bytes.Byte((byte)record.Type);
        bytes.Byte((byte)parts);
        bytes.Byte((byte)((int)parts >> 8));
        bytes.Signed(record.Timestamp - _before.Timestamp);
        if ((parts & EventParts.Store) != 0)
        {
            writer = bytes;
            WriteStore(ref writer, record.Store);
            bytes = writer;
        }

        if ((parts & EventParts.Flags) != 0)
        {
            bytes.Byte((byte)record.Flags);
        }

        if ((parts & EventParts.Watermark) != 0)
        {
            bytes.Signed(watermark);
        }

        if ((parts & EventParts.Price) != 0)
        {
            bytes.Signed(record.Price);
        }

        if ((parts & EventParts.Quantity) != 0)
        {
            bytes.Signed((parts & EventParts.Thousandths) != 0 ? record.Thousandths : record.Thousandths / Quantity.PerUnit);
        }

        if ((parts & EventParts.Currency) != 0)
        {
            bytes.Unsigned(record.Currency);
        }

        if ((parts & EventParts.Context) != 0)
        {
            bytes.Byte((byte)record.Device);
            bytes.Byte((byte)record.Source);
        }

        if ((parts & EventParts.Popularity) != 0)
        {
            WriteHalf(ref bytes, record.CategoryViews);
            WriteHalf(ref bytes, record.CategoryAdds);
        }

        if (record.CartSecret != 0)
        {
            bytes.Long(record.CartSecret);
        }

        if (record.Details != 0)
        {
            bytes.Byte((byte)record.Details);
        }

        writer = bytes;

        _ownCount += (record.Flags & (EventFlags.ChangesNoCart | EventFlags.Foreign)) == 0 ? 1 : 0;
        _before.Timestamp = record.Timestamp;
        _before.Watermark = record.Watermark;
        _before.Currency = record.Currency;
        _before.Store = record.Store;
        _before.Flags = record.Flags;
    }

    // The texts are there in this order. What follows them is passed too: see TextColumn.Add.
    void WriteTexts(ref BlockWriter writer, in EventRecord record, ReadOnlySpan<byte> text)
    {
        var lengths = writer;
        lengths.Byte(record.IdLength);
        WriteText(ref lengths, _columns.Ids, ref text, record.IdLength);
        lengths.Byte(record.CartLength);
        WriteText(ref lengths, _columns.Carts, ref text, record.CartLength);
        if (record.UserLength != 0)
        {
            lengths.Byte(record.UserLength);
            WriteText(ref lengths, _columns.Users, ref text, record.UserLength);
        }

        if (record.SessionLength != 0)
        {
            lengths.Byte(record.SessionLength);
            WriteText(ref lengths, _columns.Sessions, ref text, record.SessionLength);
        }

        if (record.ProductLength != 0)
        {
            lengths.Byte(record.ProductLength);
            WriteText(ref lengths, _columns.Products, ref text, record.ProductLength);
        }

        if (record.MetaLength != 0)
        {
            lengths.Unsigned((uint)record.MetaLength);
            _columns.Metas.AddWhole(text[..record.MetaLength]);
        }

        writer = lengths;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void WriteText(ref BlockWriter lengths, TextColumn column, ref ReadOnlySpan<byte> text, int length)
    {
        if (length != 0)
        {
            lengths.Byte(column.Add(text, length));
            text = text[length..];
        }
    }

    static void WriteHalf(ref BlockWriter bytes, Half value)
    {
        var bits = BitConverter.HalfToUInt16Bits(value);
        bytes.Byte((byte)bits);
        bytes.Byte((byte)(bits >> 8));
    }

    static EventParts QuantityParts(int thousandths) => thousandths == Quantity.PerUnit ? 0
        : thousandths % Quantity.PerUnit == 0 ? EventParts.Quantity : EventParts.Quantity | EventParts.Thousandths;

    void WriteStore(ref BlockWriter writer, int store)
    {
        var place = _stores.IndexOf(store);
        writer.Unsigned((ulong)(place < 0 ? _stores.Count : place));
        if (place < 0)
        {
            _stores.Add(store);
            var id = stores.IdOf(store);
            writer.Byte((byte)id.Length);
            writer.Bytes(id);
        }
    }
}
