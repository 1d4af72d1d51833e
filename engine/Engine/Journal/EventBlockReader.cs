using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Decodes blocks into slabs. Throws <see cref="JournalException"/> for any invalid bytes. Reusable. One thread at a time.
/// </summary>
/// <param name="stores">The stores that have numbers.</param>
public sealed class EventBlockReader(JournalStores stores)
{
    // The cache is cleared at this size: connections come and go.
    const int MaxSources = 10_000;

    const EventFlags Flags = EventFlags.HasPrice | EventFlags.Clamped | EventFlags.Server | EventFlags.ChangesNoCart
        | EventFlags.Proven | EventFlags.Foreign | EventFlags.ContentsOnly;

    readonly List<int> _stores = [];
    readonly BlockRows _rows = new();
    readonly Dictionary<(long, BotEvidence), ReplayedSource> _sources = [];
    byte[] _stored = [];
    byte[] _raw = [];
    int _length;
    int _position;
    int _count;
    int _ownCount;
    PreviousEvent _before;
    IdHasher? _ids;

    /// <summary>Header of the open block.</summary>
    public EventBlockHeader Header { get; private set; }

    /// <summary>Opens a block. The bytes are not needed afterwards.</summary>
    /// <exception cref="JournalException"><c>journal_version</c>: written by a later version. <c>journal_damaged</c>: not a
    /// block.</exception>
    public void Open(ReadOnlySpan<byte> block)
    {
        Header = EventBlockHeader.Read(block);
        _length = 0;
        _length = Header.ReadRows(block[EventBlockHeader.Size..], _rows, ref _stored, ref _raw);
        _position = _count = _ownCount = 0;
        _before = PreviousEvent.None;
        _stores.Clear();
    }

    /// <summary>Reads the next slab of the block.</summary>
    /// <param name="slab">An empty slab; gets one run. <see cref="EventSlab.ReceivedTicks"/> is not set.</param>
    /// <returns><see langword="false"/> at the end of the block.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>, or <c>journal_store</c>: the store of an event has no
    /// number.</exception>
    public bool TryRead(EventSlab slab)
    {
        if (_position == _length)
        {
            return _count == Header.Count && _ownCount == Header.OwnCount ? false : throw BlockReader.Damaged();
        }

        var reader = new BlockReader(_raw.AsSpan(_position, _length - _position));
        var head = reader.Unsigned(2 * EventSlab.Capacity + 1);
        if (head < 2)
        {
            throw BlockReader.Damaged();
        }

        var bot = (head & 1) != 0 && Header.WrittenVersion >= 3 ? (BotEvidence)Known(reader.Byte(), (int)BotEvidence.Timing) : BotEvidence.None;
        var source = SourceOf(reader.Signed(), bot);
        slab.ReceivedAt = _before.ReceivedAt += reader.Signed();
        if (slab.ReceivedAt < Header.FirstReceivedAt || slab.ReceivedAt > Header.LastReceivedAt)
        {
            throw BlockReader.Damaged();
        }

        for (var rest = head >> 1; rest > 0; rest--)
        {
            ReadEvent(ref reader, slab);
        }

        slab.JournalVersion = Header.WrittenVersion;
        slab.EndRun(source, upTo: 0);
        _count += slab.Count;
        _position += reader.Position;
        return true;
    }

    void ReadEvent(ref BlockReader reader, EventSlab slab)
    {
        var record = default(EventRecord);
        record.Type = (EventType)Known(reader.Byte(), EventTypes.Count - 1);
        var parts = (EventParts)(reader.Byte() | (reader.Byte() << 8));
        if ((parts & ~EventParts.All) != 0)
        {
            throw BlockReader.Damaged();
        }

        record.Timestamp = _before.Timestamp + reader.Signed();
        record.Store = (ushort)((parts & EventParts.Store) == 0 ? _before.Store : ReadStore(ref reader));
        record.Flags = (parts & EventParts.Flags) == 0 ? _before.Flags : (EventFlags)reader.Byte();
        record.Watermark = _before.NextWatermark(record.Timestamp) + ((parts & EventParts.Watermark) == 0 ? 0 : reader.Signed());
        record.Price = (parts & EventParts.Price) == 0 ? 0 : reader.Signed();
        record.Thousandths = (parts & EventParts.Quantity) == 0 ? Quantity.PerUnit
            : (int)reader.Signed() * ((parts & EventParts.Thousandths) == 0 ? Quantity.PerUnit : 1);
        record.Currency = (parts & EventParts.Currency) == 0 ? _before.Currency : (uint)reader.Unsigned(0xffffff);
        if ((parts & EventParts.Context) != 0)
        {
            record.Device = (DeviceKind)Known(reader.Byte(), (int)DeviceKind.Desktop);
            record.Source = (TrafficSource)Known(reader.Byte(), (int)TrafficSource.Referral);
        }

        if ((parts & EventParts.Popularity) != 0)
        {
            record.CategoryViews = ReadHalf(ref reader);
            record.CategoryAdds = ReadHalf(ref reader);
        }

        record.IdLength = reader.IdLength();
        record.CartLength = reader.IdLength();
        record.UserLength = (parts & EventParts.User) == 0 ? (byte)0 : reader.IdLength();
        record.SessionLength = (parts & EventParts.Session) == 0 ? (byte)0 : reader.IdLength();
        record.ProductLength = (parts & EventParts.Product) == 0 ? (byte)0 : reader.IdLength();
        record.MetaLength = (parts & EventParts.Meta) == 0 ? 0 : reader.Unsigned(EventBlockHeader.MaxRawLength);
        record.CartSecret = (parts & EventParts.CartSecret) == 0 ? 0 : reader.Long();
        record.Details = (parts & EventParts.Details) == 0 ? 0 : (EventDetails)Known(reader.Byte(), (int)EventDetails.All);
        var text = reader.Bytes(record.TextLength);
        if ((record.Flags & ~Flags) != 0 || (_before.Store < 0 && (parts & EventParts.Store) == 0))
        {
            throw BlockReader.Damaged();
        }

        // The run's slab had grown if its metas were encrypted.
        slab.Reserve(record.TextLength);

        Keep(ref record, text, slab);
        _ownCount += (record.Flags & (EventFlags.ChangesNoCart | EventFlags.Foreign)) == 0 ? 1 : 0;
        _before.Timestamp = record.Timestamp;
        _before.Watermark = record.Watermark;
        _before.Currency = record.Currency;
        _before.Store = record.Store;
        _before.Flags = record.Flags;
    }

    void Keep(ref EventRecord record, ReadOnlySpan<byte> text, EventSlab slab)
    {
        var id = text[..record.IdLength];
        var rest = text[id.Length..];
        var cart = rest[..record.CartLength];
        rest = rest[cart.Length..];
        var user = rest[..record.UserLength];
        rest = rest[user.Length..];
        var session = rest[..record.SessionLength];
        var product = rest.Slice(session.Length, record.ProductLength);
        _ids!.Set(ref record, id, cart, user, session, product);
        if (record.HasNoCart)
        {
            record.Cart = record.Customer;
        }

        slab.Append(record, out var target);
        text.CopyTo(target);
    }

    int ReadStore(ref BlockReader reader)
    {
        var place = reader.Unsigned(_stores.Count);
        if (place == _stores.Count)
        {
            _stores.Add(stores.NumberOf(reader.Bytes(reader.IdLength())));
        }

        _ids = stores.IdsOf(_stores[place]);
        return _stores[place];
    }

    ReplayedSource SourceOf(long connectionId, BotEvidence bot)
    {
        if (!_sources.TryGetValue((connectionId, bot), out var source))
        {
            if (_sources.Count == MaxSources)
            {
                _sources.Clear();
            }

            source = _sources[(connectionId, bot)] = new ReplayedSource(connectionId, bot);
        }

        return source;
    }

    // Not a number and negative counts were never written.
    static Half ReadHalf(ref BlockReader reader) => BitConverter.UInt16BitsToHalf((ushort)(reader.Byte() | (reader.Byte() << 8))) is var value && value >= default(Half)
        ? value : throw BlockReader.Damaged();

    static byte Known(byte value, int highest) => value <= highest ? value : throw BlockReader.Damaged();
}
