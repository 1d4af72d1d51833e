using System.IO.Compression;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal.Erasure;

/// <summary>
/// Erases people from a block of events. A person's events stay, because later ones are encoded relative to them, but lose ids,
/// sessions, secrets and metas. They are marked as foreign: they have no effect, and exports skip them. A value that a later event
/// inherited from an erased one is encoded in the later event. A block never grows. Reusable. Not thread-safe.
/// </summary>
public sealed class EventBlockEraser
{
    const int BrotliQuality = 9, BrotliWindow = 22;

    // The parts to remove: texts, and values derived from them.
    const EventParts Removed = EventParts.User | EventParts.Session | EventParts.Meta | EventParts.CartSecret | EventParts.Details;

    readonly List<bool> _isTheirStore = [];
    ErasedIds _person = null!;
    int _store;
    readonly BlockRows _rows = new();
    byte[] _stored = [];
    byte[] _raw = [];
    byte[] _kept = [];
    byte[] _block = [];
    EventFlags _before;
    EventFlags _written;

    /// <summary>Adds to each person the carts in which a block's events name them. Skips foreign events.</summary>
    /// <exception cref="JournalException">The block is damaged.</exception>
    public void Find(ReadOnlySpan<byte> block, IReadOnlyList<ErasedIds> people)
    {
        var raw = Decompress(block, out var header);
        foreach (var person in people)
        {
            if (raw.IndexOf(person.User.Span) >= 0)
            {
                _person = person;
                Walk(raw, header, target: null, out _);
            }
        }
    }

    /// <summary>Erases people from a block. Decompresses and compresses it once.</summary>
    /// <param name="block">The block.</param>
    /// <param name="people">The people.</param>
    /// <param name="erased">The new block, at most as long as the block and the padding together; valid until the next call.</param>
    /// <param name="padding">Bytes after the block that an earlier erasure has freed.</param>
    /// <returns><see langword="false"/> if the block contains nothing of them.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>, <c>journal_version</c>; <c>journal_erasure</c>: the new block does not
    /// fit.</exception>
    public bool TryErase(ReadOnlySpan<byte> block, IReadOnlyList<ErasedIds> people, out ReadOnlySpan<byte> erased, int padding = 0)
    {
        erased = default;
        var (length, own, hasErased) = (Decompress(block, out var header).Length, 0, false);
        foreach (var person in people)
        {
            if (!person.MayBeIn(_raw.AsSpan(0, length)))
            {
                continue;
            }

            _person = person;
            Ensure(ref _kept, length);
            if (Walk(_raw.AsSpan(0, length), header, _kept, out var theirs) is > 0 and var kept)
            {
                (_raw, _kept) = (_kept, _raw);
                (length, own, hasErased) = (kept, own + theirs, true);
            }
        }

        if (hasErased)
        {
            if (header.HasColumns)
            {
                length = _rows.Pack(_raw.AsSpan(0, length), ref _stored);
            }

            var raw = (header.HasColumns ? _stored : _raw).AsSpan(0, length);
            erased = Compress(raw, header with { RawLength = length, OwnCount = header.OwnCount - own }, block.Length + padding);
        }

        return hasErased;
    }

    ReadOnlySpan<byte> Decompress(ReadOnlySpan<byte> block, out EventBlockHeader header)
    {
        header = EventBlockHeader.Read(block);
        var length = header.ReadRows(block[EventBlockHeader.Size..], _rows, ref _stored, ref _raw);
        return _raw.AsSpan(0, length);
    }

    // Takes the first form that fits: uncompressed, LZ4, or Brotli, which compresses better wherever LZ4 compresses at all.
    ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> raw, EventBlockHeader header, int room)
    {
        Ensure(ref _block, room);
        _block.AsSpan(0, room).Clear();
        var target = _block.AsSpan(EventBlockHeader.Size, room - EventBlockHeader.Size);
        var length = 0;
        if (!header.IsCompressed)
        {
            raw.CopyTo(target);
            length = raw.Length;
        }
        else if (header.IsBrotli || (length = Lz4.CompressSmall(raw, target)) == 0)
        {
            header = header with { IsBrotli = true };
            if (!BrotliEncoder.TryCompress(raw, target, out length, BrotliQuality, BrotliWindow)
                && !BrotliEncoder.TryCompress(raw, target, out length, quality: 11, window: 24))
            {
                throw new JournalException("journal_erasure", "A block of events cannot be rewritten: without a person it takes more room than with them.");
            }
        }

        header.WriteTo(_block);
        return _block.AsSpan(0, EventBlockHeader.Size + length);
    }

    // Copies the events and erases the person's; without a target, adds the person's carts. Returns the length; 0 if no event is theirs.
    int Walk(ReadOnlySpan<byte> raw, in EventBlockHeader header, byte[]? target, out int own)
    {
        var reader = new BlockReader(raw);
        var erased = 0;
        var writer = new BlockWriter(target);
        _isTheirStore.Clear();
        (_store, _before, _written, own) = (0, EventFlags.None, EventFlags.None, 0);
        while (reader.Position < raw.Length)
        {
            var from = reader.Position;
            var head = reader.Unsigned();
            if ((head & 1) != 0 && header.WrittenVersion >= 3)
            {
                reader.Byte();
            }

            reader.Signed();
            reader.Signed();
            Copy(ref writer, target, raw[from..reader.Position]);
            for (var rest = head >> 1; rest > 0; rest--)
            {
                var e = ReadEvent(ref reader, raw);
                var isTheirs = e.IsTheirStore && _person.AreIn(e.User, e.Cart);
                if (target is null)
                {
                    // Anyone may name the person in a stranger's cart: a foreign event does not make the cart theirs.
                    if (isTheirs && !e.User.IsEmpty && !e.Cart.IsEmpty && (e.Flags & EventFlags.Foreign) == 0)
                    {
                        _person.AddCart(e.Cart);
                    }
                }
                else
                {
                    erased += isTheirs ? 1 : 0;
                    own += isTheirs && (e.Flags & (EventFlags.ChangesNoCart | EventFlags.Foreign)) == 0 ? 1 : 0;
                    Write(ref writer, e, isTheirs);
                }
            }
        }

        return erased == 0 ? 0 : writer.Length;
    }

    static void Copy(ref BlockWriter writer, byte[]? target, ReadOnlySpan<byte> bytes)
    {
        if (target is not null)
        {
            writer.Bytes(bytes);
        }
    }

    RawEvent ReadEvent(scoped ref BlockReader reader, ReadOnlySpan<byte> raw)
    {
        var e = new RawEvent { Type = reader.Byte(), Parts = (EventParts)(reader.Byte() | (reader.Byte() << 8)) };
        var from = reader.Position;
        reader.Signed();
        if ((e.Parts & EventParts.Store) != 0)
        {
            var place = reader.Unsigned(_isTheirStore.Count);
            if (place == _isTheirStore.Count)
            {
                _isTheirStore.Add(reader.Bytes(reader.IdLength()).SequenceEqual(_person.StoreId.Span));
            }

            _store = place;
        }

        e.IsTheirStore = _store < _isTheirStore.Count ? _isTheirStore[_store] : throw BlockReader.Damaged();
        e.BeforeFlags = raw[from..reader.Position];
        e.Flags = (e.Parts & EventParts.Flags) == 0 ? _before : (EventFlags)reader.Byte();
        _before = e.Flags;
        from = reader.Position;
        Skip(ref reader, e.Parts, EventParts.Watermark);
        Skip(ref reader, e.Parts, EventParts.Price);
        Skip(ref reader, e.Parts, EventParts.Quantity);
        Skip(ref reader, e.Parts, EventParts.Currency);
        reader.Bytes((e.Parts & EventParts.Context) == 0 ? 0 : 2);
        reader.Bytes((e.Parts & EventParts.Popularity) == 0 ? 0 : 4);
        e.AfterFlags = raw[from..reader.Position];
        from = reader.Position;
        var (id, cart) = (reader.IdLength(), reader.IdLength());
        var user = (e.Parts & EventParts.User) == 0 ? 0 : reader.IdLength();
        var session = (e.Parts & EventParts.Session) == 0 ? 0 : reader.IdLength();
        var product = (e.Parts & EventParts.Product) == 0 ? 0 : reader.IdLength();
        var meta = (e.Parts & EventParts.Meta) == 0 ? 0 : reader.Unsigned(EventBlockHeader.MaxRawLength);
        reader.Bytes((e.Parts & EventParts.CartSecret) == 0 ? 0 : sizeof(ulong));
        reader.Bytes((e.Parts & EventParts.Details) == 0 ? 0 : 1);
        reader.Bytes(id);
        e.Cart = reader.Bytes(cart);
        e.User = reader.Bytes(user);
        reader.Bytes(session);
        e.Product = reader.Bytes(product);
        reader.Bytes(meta);
        e.Texts = raw[from..reader.Position];
        return e;
    }

    static void Skip(ref BlockReader reader, EventParts parts, EventParts part)
    {
        if ((parts & part) != 0)
        {
            reader.Unsigned();
        }
    }

    void Write(scoped ref BlockWriter writer, scoped in RawEvent e, bool isTheirs)
    {
        var flags = isTheirs ? e.Flags | EventFlags.Foreign : e.Flags;
        var parts = (e.Parts & ~EventParts.Flags & (isTheirs ? ~Removed : EventParts.All)) | (flags != _written ? EventParts.Flags : 0);
        writer.Byte(e.Type);
        writer.Byte((byte)parts);
        writer.Byte((byte)((int)parts >> 8));
        writer.Bytes(e.BeforeFlags);
        if (flags != _written)
        {
            writer.Byte((byte)flags);
            _written = flags;
        }

        writer.Bytes(e.AfterFlags);
        if (!isTheirs)
        {
            writer.Bytes(e.Texts);
            return;
        }

        // Absent: no user id and no cart secret.
        writer.Byte(0);
        writer.Byte(0);
        if (!e.Product.IsEmpty)
        {
            writer.Byte((byte)e.Product.Length);
            writer.Bytes(e.Product);
        }
        else if ((parts & EventParts.Product) != 0)
        {
            writer.Byte(0);
        }
    }

    static void Ensure(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[Math.Max(length, Math.Min(2 * buffer.Length, EventBlockHeader.MaxRawLength))];
        }
    }

    ref struct RawEvent
    {
        public byte Type;
        public EventParts Parts;
        public bool IsTheirStore;
        public EventFlags Flags;
        public ReadOnlySpan<byte> BeforeFlags;
        public ReadOnlySpan<byte> AfterFlags;
        public ReadOnlySpan<byte> Texts;
        public ReadOnlySpan<byte> Cart;
        public ReadOnlySpan<byte> User;
        public ReadOnlySpan<byte> Product;
    }
}
