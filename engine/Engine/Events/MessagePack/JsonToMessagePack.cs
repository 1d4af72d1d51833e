using System.Buffers;
using System.Text.Json;
using MessagePack;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>
/// Converts JSON to MessagePack. The package's own conversion needs UTF-16 and brings in resolvers that do not support native
/// compilation.
/// </summary>
static class JsonToMessagePack
{
    /// <summary>Converts a JSON text.</summary>
    /// <param name="json">One value, in well-formed JSON.</param>
    public static byte[] Convert(ReadOnlySpan<byte> json)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length + 1);
        var writer = new MessagePackWriter(buffer);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Write(ref reader, ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    static void Write(ref Utf8JsonReader value, ref MessagePackWriter writer)
    {
        switch (value.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteMapHeader(CountChildren(value));
                WriteChildren(ref value, ref writer);
                break;
            case JsonTokenType.StartArray:
                writer.WriteArrayHeader(CountChildren(value));
                WriteChildren(ref value, ref writer);
                break;
            case JsonTokenType.String or JsonTokenType.PropertyName:
                WriteText(ref value, ref writer);
                break;
            case JsonTokenType.Number when value.TryGetInt64(out var whole):
                writer.Write(whole);
                break;
            case JsonTokenType.Number:
                writer.Write(value.GetDouble());
                break;
            case JsonTokenType.True or JsonTokenType.False:
                writer.Write(value.TokenType == JsonTokenType.True);
                break;
            default:
                writer.WriteNil();
                break;
        }
    }

    // An object's names are children too.
    static void WriteChildren(ref Utf8JsonReader value, ref MessagePackWriter writer)
    {
        while (value.Read() && value.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            Write(ref value, ref writer);
        }
    }

    // Counts elements of an array, or pairs of an object: a name is skipped with its value. The reader is a copy.
    static int CountChildren(Utf8JsonReader value)
    {
        var count = 0;
        while (value.Read() && value.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            value.Skip();
            count++;
        }

        return count;
    }

    static void WriteText(ref Utf8JsonReader value, ref MessagePackWriter writer)
    {
        if (!value.ValueIsEscaped)
        {
            writer.WriteString(value.ValueSpan);
            return;
        }

        var plain = ArrayPool<byte>.Shared.Rent(value.ValueSpan.Length);
        writer.WriteString(plain.AsSpan(0, value.CopyString(plain)));
        ArrayPool<byte>.Shared.Return(plain);
    }
}
