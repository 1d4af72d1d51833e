using System.Globalization;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;
using PackageReader = MessagePack.MessagePackReader;
using PackageType = MessagePack.MessagePackType;

namespace CartRecovery.Bench.Stages;

/// <summary>
/// Decodes native events with the MessagePack package's reader into the same builder as the engine's decoder. Only for valid messages:
/// malformed ones throw, whereas the engine's decoder reports the error and continues with the next event.
/// </summary>
sealed class PackageDecoder(EventBuilder builder)
{
    const int MaxNumberLength = 32;

    public EventProblem Decode(ReadOnlyMemory<byte> message, long receivedAt)
    {
        builder.Begin(receivedAt);
        var reader = new PackageReader(message);
        for (var left = reader.ReadMapHeader(); left > 0; left--)
        {
            ReadField(ref reader);
        }

        return builder.Finish(message.Span, message.Length);
    }

    void ReadField(ref PackageReader reader)
    {
        var name = Text(ref reader);
        var field = EventFields.Parse(name);
        switch (field)
        {
            case EventField.Other or EventField.Device or EventField.Source:
                Keep(ref reader, name, builder.Meta.Fields);
                break;
            case EventField.Meta:
                for (var left = reader.ReadMapHeader(); left > 0; left--)
                {
                    Keep(ref reader, Text(ref reader), builder.Meta.Members);
                }

                break;
            case EventField.Quantity:
                builder.SetQuantity(Number(ref reader));
                break;
            case EventField.Price:
                builder.SetPrice(Number(ref reader));
                break;
            case EventField.Timestamp when reader.NextMessagePackType == PackageType.Integer:
                builder.SetTime(reader.ReadInt64());
                break;
            case EventField.Timestamp when reader.NextMessagePackType == PackageType.Extension:
                builder.SetTime(new DateTimeOffset(reader.ReadDateTime()).ToUnixTimeMilliseconds());
                break;
            case EventField.Timestamp when reader.NextMessagePackType == PackageType.Float:
                builder.SetTime(reader.ReadDouble());
                break;
            default:
                TakeText(ref reader, field);
                break;
        }
    }

    void TakeText(ref PackageReader reader, EventField field)
    {
        var text = Text(ref reader);
        if (!PlainText.IsUtf8(text))
        {
            builder.Fail(EventErrorCode.InvalidUtf8, field, "is not valid UTF-8");
            return;
        }

        switch (field)
        {
            case EventField.Type:
                builder.SetType(text);
                break;
            case EventField.StoreId:
                builder.SetStore(text);
                break;
            case EventField.Currency:
                builder.SetCurrency(text);
                break;
            case EventField.Timestamp:
                builder.SetTime(text);
                break;
            default:
                builder.SetId(field, (int)reader.Consumed - text.Length, text.Length);
                break;
        }
    }

    void Keep(ref PackageReader reader, scoped ReadOnlySpan<byte> name, TextBuffer kept)
    {
        if (kept.Length > 0)
        {
            kept.Write((byte)',');
        }

        MessagePackJson.WriteText(name, kept);
        kept.Write((byte)':');
        if (EventFields.Parse(name) is EventField.Device or EventField.Source && reader.NextMessagePackType == PackageType.String)
        {
            var ahead = reader.CreatePeekReader();
            builder.SetMetaContext(EventFields.Parse(name), Text(ref ahead));
        }

        WriteValue(ref reader, kept);
    }

    static void WriteValue(ref PackageReader reader, TextBuffer json)
    {
        switch (reader.NextMessagePackType)
        {
            case PackageType.String:
                MessagePackJson.WriteText(Text(ref reader), json);
                break;
            case PackageType.Integer:
                reader.ReadInt64().TryFormat(json.Reserve(MaxNumberLength), out var digits, default, CultureInfo.InvariantCulture);
                json.Advance(digits);
                break;
            case PackageType.Float:
                reader.ReadDouble().TryFormat(json.Reserve(MaxNumberLength), out var length, default, CultureInfo.InvariantCulture);
                json.Advance(length);
                break;
            case PackageType.Boolean:
                json.Write(reader.ReadBoolean() ? "true"u8 : "false"u8);
                break;
            case PackageType.Nil:
                reader.ReadNil();
                json.Write("null"u8);
                break;
            default:
                throw new NotSupportedException("the events of the benchmark have no values in values");
        }
    }

    static double Number(ref PackageReader reader) => reader.NextMessagePackType == PackageType.Integer ? reader.ReadInt64() : reader.ReadDouble();

    static ReadOnlySpan<byte> Text(ref PackageReader reader) =>
        reader.TryReadStringSpan(out var text) ? text : throw new InvalidOperationException("a text in pieces, or nil");
}
