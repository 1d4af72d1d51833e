using System.Buffers;
using System.Globalization;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Backtest;

/// <summary>Events as lines of CSV (RFC 4180): times are milliseconds since 1970 UTC, what an event does not say is empty.</summary>
static class EventCsv
{
    static readonly SearchValues<byte> s_special = SearchValues.Create(",\"\r\n"u8);
    static readonly byte[][] s_types = [.. Enumerable.Range(0, EventTypes.Count).Select(i => Encoding.UTF8.GetBytes(EventTypes.NameOf((EventType)i)))];

    /// <summary>The first line.</summary>
    public static ReadOnlySpan<byte> Header => "id,type,storeId,cartId,userId,sessionId,productId,quantity,price,currency,ts,receivedAt,meta\r\n"u8;

    /// <summary>Writes the line of an event.</summary>
    public static void Write(IBufferWriter<byte> output, EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId)
    {
        WriteText(output, slab.IdOf(record));
        WriteText(output, s_types[(int)record.Type]);
        WriteText(output, storeId);
        WriteText(output, slab.CartOf(record));
        WriteText(output, slab.UserOf(record));
        WriteText(output, slab.SessionOf(record));
        WriteText(output, slab.ProductOf(record));
        WriteNumber(output, record.Quantity);
        if ((record.Flags & EventFlags.HasPrice) != 0)
        {
            WriteNumber(output, Money.ToDecimal(record.Price));
        }
        else
        {
            output.Write(","u8);
        }

        Span<byte> currency = [(byte)record.Currency, (byte)(record.Currency >> 8), (byte)(record.Currency >> 16)];
        WriteText(output, record.Currency == 0 ? default : currency);
        WriteNumber(output, record.Timestamp);
        WriteNumber(output, slab.ReceivedAt);
        WriteField(output, slab.MetaOf(record));
        output.Write("\r\n"u8);
    }

    static void WriteNumber<T>(IBufferWriter<byte> output, T number)
        where T : IUtf8SpanFormattable
    {
        number.TryFormat(output.GetSpan(64), out var length, default, CultureInfo.InvariantCulture);
        output.Advance(length);
        output.Write(","u8);
    }

    static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        WriteField(output, text);
        output.Write(","u8);
    }

    static void WriteField(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAny(s_special))
        {
            output.Write(text);
            return;
        }

        output.Write("\""u8);
        for (int quote; (quote = text.IndexOf((byte)'"')) >= 0; text = text[(quote + 1)..])
        {
            output.Write(text[..(quote + 1)]);
            output.Write("\""u8);
        }

        output.Write(text);
        output.Write("\""u8);
    }
}
