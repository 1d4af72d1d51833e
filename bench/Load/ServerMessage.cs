using System.Buffers.Text;
using System.Text.Json;
using MessagePack;

namespace CartRecovery.Bench.Load;

/// <summary>The kinds of messages from the engine.</summary>
enum MessageKind
{
    Unknown,
    Ack,
    Error,
    Intervention,
    Heartbeat,
}

/// <summary>A message from the engine, parsed as far as the load generator needs.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="UpTo">Of an ack: the number of this connection's events accepted.</param>
/// <param name="Code">Of an error: its code.</param>
/// <param name="Text">Of an error: its message.</param>
readonly record struct ServerMessage(MessageKind Kind, long UpTo = 0, string? Code = null, string? Text = null)
{
    /// <summary>Reads a JSON object. Acks (the majority) and interventions are recognised by their prefix without parsing.</summary>
    public static ServerMessage Read(ReadOnlySpan<byte> json)
    {
        var ack = """{"type":"ack","upTo":"""u8;
        if (json.StartsWith(ack) && Utf8Parser.TryParse(json[ack.Length..], out long upTo, out _))
        {
            return new ServerMessage(MessageKind.Ack, upTo);
        }

        if (json.StartsWith("""{"type":"intervention","""u8))
        {
            return new ServerMessage(MessageKind.Intervention);
        }

        return Parse(json);
    }

    /// <summary>Reads a MessagePack map.</summary>
    public static ServerMessage ReadMessagePack(ReadOnlyMemory<byte> message)
    {
        try
        {
            string? type = null, code = null, text = null;
            long upTo = 0;
            var reader = new MessagePackReader(message);
            for (var left = reader.ReadMapHeader(); left > 0; left--)
            {
                switch (reader.ReadString())
                {
                    case "type":
                        type = reader.ReadString();
                        break;
                    case "upTo":
                        upTo = reader.ReadInt64();
                        break;
                    case "code":
                        code = reader.ReadString();
                        break;
                    case "message":
                        text = reader.ReadString();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            return Of(type, upTo, code, text);
        }
        catch (Exception failed) when (failed is MessagePackSerializationException or EndOfStreamException)
        {
            return default;
        }
    }

    static ServerMessage Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            string? type = null, code = null, text = null;
            long upTo = 0;
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                switch (name)
                {
                    case "type":
                        type = reader.GetString();
                        break;
                    case "upTo":
                        upTo = reader.GetInt64();
                        break;
                    case "code":
                        code = reader.GetString();
                        break;
                    case "message":
                        text = reader.GetString();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            return Of(type, upTo, code, text);
        }
        catch (Exception failed) when (failed is JsonException or InvalidOperationException or FormatException)
        {
            return default;
        }
    }

    static ServerMessage Of(string? type, long upTo, string? code, string? text) => type switch
    {
        "ack" => new ServerMessage(MessageKind.Ack, upTo),
        "error" => new ServerMessage(MessageKind.Error, Code: code ?? "unnamed", Text: text),
        "intervention" => new ServerMessage(MessageKind.Intervention),
        "heartbeat" => new ServerMessage(MessageKind.Heartbeat),
        _ => default,
    };
}
