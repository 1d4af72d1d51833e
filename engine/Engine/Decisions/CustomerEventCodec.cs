using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>Encodes a customer event for the journal. Numbers are little-endian, texts UTF-8 after their length.</summary>
static class CustomerEventCodec
{
    const byte Server = 1, Proven = 2, Shared = 4, HasNetwork = 8, HasReceived = 16, Whole = 32, HasQuantity = 64, OfCart = 128;

    /// <summary>Writes a customer event as it stands in a slab. Does not allocate.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="e">The event.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="network">A key of the sender's network address; 0 if unknown.</param>
    /// <param name="cartCurrency">The currency of its cart, for an order that names none.</param>
    public static void Write(BinaryWriter output, in EventRecord e, EventSlab slab, ulong network, uint cartCurrency)
    {
        output.Write((byte)e.Type);
        var isWhole = (e.Details & (EventDetails.NamesProducts | EventDetails.IsTotal)) != 0;
        var quantity = e.Type is EventType.Purchase or EventType.Refund ? e.Thousandths : Quantity.PerUnit;
        var ofCart = e.Type == EventType.Purchase && e.Currency == 0 ? cartCurrency : 0;
        output.Write(FlagsOf(e.Standing, (e.Flags & EventFlags.ContentsOnly) != 0, network, isWhole, quantity, ofCart));
        output.Write(e.Store);
        Write(output, e.Id);
        Write(output, e.Cart);
        Write(output, e.Customer);
        // A merged cart names no product; the session says whether its sender may merge it.
        // Nor does who is identified: their id takes the product's place.
        output.Write(e.Type switch { EventType.CartMerged => e.Session, EventType.Identify => 0, _ => e.Product });
        output.Write(e.Timestamp);
        output.Write((e.Flags & EventFlags.HasPrice) != 0 ? e.Amount : e.Type == EventType.Refund ? CustomerEvent.WholeOrder : 0);
        output.Write(e.Currency | ofCart);
        Write(output, slab.CartOf(e));
        Write(output, e.Type == EventType.Identify ? slab.UserOf(e) : slab.ProductOf(e));
        Write(output, slab.MetaOf(e));
        WriteNetwork(output, network);
        output.Write(slab.ReceivedAt);
        WriteQuantity(output, quantity);
    }

    /// <summary>Writes a customer event.</summary>
    public static void Write(BinaryWriter output, CustomerEvent e)
    {
        output.Write((byte)e.Type);
        output.Write(FlagsOf(e.Standing, e.IsShared, e.Network, e.IsWholeOrder, e.Thousandths, e.CartCurrency));
        output.Write((ushort)e.Store);
        Write(output, e.Id);
        Write(output, e.Cart);
        Write(output, e.Customer);
        output.Write(e.Type == EventType.CartMerged ? e.Session : e.Product);
        output.Write(e.At);
        output.Write(e.Amount);
        output.Write(e.Currency | e.CartCurrency);
        Write(output, Encoding.UTF8.GetBytes(e.CartId));
        Write(output, Encoding.UTF8.GetBytes(e.Type == EventType.Identify ? e.UserId : e.ProductId));
        Write(output, e.Meta);
        WriteNetwork(output, e.Network);
        output.Write(e.ReceivedAt);
        WriteQuantity(output, e.Thousandths);
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter, in EventRecord, EventSlab, ulong, uint)"/> wrote.</summary>
    /// <exception cref="EndOfStreamException">It is truncated.</exception>
    public static CustomerEvent Read(BinaryReader input)
    {
        var (type, flags, store) = ((EventType)input.ReadByte(), input.ReadByte(), input.ReadUInt16());
        var e = new CustomerEvent
        {
            Type = type,
            Standing = (flags & Server) != 0 ? Standing.Server : (flags & Proven) != 0 ? Standing.Proven : Standing.Claimed,
            IsShared = (flags & Shared) != 0,
            Store = store,
            Id = ReadKey(input),
            Cart = ReadKey(input),
            Customer = ReadKey(input),
            Product = input.ReadUInt64(),
            At = input.ReadInt64(),
            Amount = input.ReadInt64(),
            Currency = input.ReadUInt32(),
            CartId = Encoding.UTF8.GetString(ReadBytes(input)),
            ProductId = Encoding.UTF8.GetString(ReadBytes(input)),
            Meta = ReadBytes(input),
            Network = (flags & HasNetwork) != 0 ? input.ReadUInt64() : 0,
            ReceivedAt = (flags & HasReceived) != 0 ? input.ReadInt64() : 0,
            Thousandths = (flags & HasQuantity) != 0 ? input.ReadInt32() : Quantity.PerUnit,
            IsWholeOrder = (flags & Whole) != 0,
        };
        if (type == EventType.CartMerged)
        {
            e = e with { Session = e.Product, Product = 0 };
        }

        if (type == EventType.Identify)
        {
            e = e with { UserId = e.ProductId, ProductId = "", Product = 0 };
        }

        return (flags & OfCart) != 0 ? e with { CartCurrency = e.Currency, Currency = 0 } : e;
    }

    static byte FlagsOf(Standing standing, bool isShared, ulong network, bool isWhole, int quantity, uint ofCart) =>
        (byte)((standing == Standing.Server ? Server : standing == Standing.Proven ? Proven : 0) | (isShared ? Shared : 0) | (network != 0 ? HasNetwork : 0)
            | HasReceived | (isWhole ? Whole : 0) | (quantity != Quantity.PerUnit ? HasQuantity : 0) | (ofCart != 0 ? OfCart : 0));

    static void WriteQuantity(BinaryWriter output, int quantity)
    {
        if (quantity != Quantity.PerUnit)
        {
            output.Write(quantity);
        }
    }

    static void WriteNetwork(BinaryWriter output, ulong network)
    {
        if (network != 0)
        {
            output.Write(network);
        }
    }

    static void Write(BinaryWriter output, in Hash128 key)
    {
        output.Write(key.Low);
        output.Write(key.High);
    }

    static void Write(BinaryWriter output, ReadOnlySpan<byte> bytes)
    {
        output.Write7BitEncodedInt(bytes.Length);
        output.Write(bytes);
    }

    static Hash128 ReadKey(BinaryReader input) => new(input.ReadUInt64(), input.ReadUInt64());

    static byte[] ReadBytes(BinaryReader input)
    {
        var length = input.Read7BitEncodedInt();
        var bytes = input.ReadBytes(Math.Max(0, length));
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }
}
