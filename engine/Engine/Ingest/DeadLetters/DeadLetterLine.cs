using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using CartRecovery.Engine.Encryption;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Reads and writes letters and marks as lines of JSON.</summary>
public static class DeadLetterLine
{
    static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a letter and a line end.</summary>
    /// <param name="output">Receives the line.</param>
    /// <param name="id">The letter's number.</param>
    /// <param name="letter">The letter.</param>
    /// <param name="key">Encrypts the event; <see langword="null"/> to write it as it is.</param>
    public static void Write(ArrayBufferWriter<byte> output, long id, DeadLetter letter, DataKey? key = null)
    {
        using (var writer = new Utf8JsonWriter(output, s_options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id"u8, id);
            writer.WriteString("at"u8, TimeText.Of(letter.At));
            writer.WriteString("store"u8, letter.Store);
            writer.WriteString("protocol"u8, letter.Protocol);
            writer.WriteNumber("connection"u8, letter.Connection);
            writer.WriteBoolean("verified"u8, letter.FromServer);
            writer.WriteString("code"u8, letter.Code);
            writer.WriteString("message"u8, letter.Message);
            if (letter.IsTruncated)
            {
                writer.WriteBoolean("truncated"u8, value: true);
            }

            if (letter.Skipped > 0)
            {
                writer.WriteNumber("skipped"u8, letter.Skipped);
            }

            if (key is null)
            {
                WriteEvent(writer, letter.Event);
            }
            else
            {
                writer.WriteBase64String("sealed"u8, SealedBytes.Seal(key, letter.Event, PlaceOf(id, letter.Store)));
            }

            writer.WriteEndObject();
        }

        EndLine(output);
    }

    /// <summary>Writes the event as a property of the open object: <c>event</c> if it is text, else <c>eventBase64</c>.</summary>
    public static void WriteEvent(Utf8JsonWriter writer, byte[] bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            writer.WriteString("event"u8, bytes);
        }
        else
        {
            writer.WriteBase64String("eventBase64"u8, bytes);
        }
    }

    /// <summary>Writes a mark and a line end.</summary>
    public static void Write(ArrayBufferWriter<byte> output, long id, DeadLetterMark mark)
    {
        using (var writer = new Utf8JsonWriter(output, s_options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id"u8, id);
            writer.WriteString("state"u8, mark.State == DeadLetterState.Replayed ? "replayed"u8 : "dropped"u8);
            writer.WriteString("at"u8, TimeText.Of(mark.At));
            if (mark.EventId is { } eventId)
            {
                writer.WriteString("event"u8, eventId);
            }

            writer.WriteEndObject();
        }

        EndLine(output);
    }

    /// <summary>Parses a letter.</summary>
    /// <param name="line">The line.</param>
    /// <param name="keys">Decrypt the event; without them, or if its key was destroyed, it is empty and
    /// <see cref="DeadLetter.IsLocked"/>.</param>
    /// <returns>Null if the line is not a letter.</returns>
    public static DeadLetter? Read(ReadOnlySpan<byte> line, KeyVault? keys = null)
    {
        if (!TryOpen(line, out var reader))
        {
            return null;
        }

        try
        {
            var letter = new DeadLetter(0, "", "", 0, false, "", "", false, []);
            byte[]? encrypted = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                encrypted = name == "sealed" ? reader.GetBytesFromBase64() : encrypted;
                letter = name switch
                {
                    "id" => letter with { Id = reader.GetInt64() },
                    "at" => letter with { At = reader.GetDateTimeOffset().ToUnixTimeMilliseconds() },
                    "store" => letter with { Store = reader.GetString()! },
                    "protocol" => letter with { Protocol = reader.GetString()! },
                    "connection" => letter with { Connection = reader.GetInt64() },
                    "verified" => letter with { FromServer = reader.GetBoolean() },
                    "code" => letter with { Code = reader.GetString()! },
                    "message" => letter with { Message = reader.GetString()! },
                    "skipped" => letter with { Skipped = reader.GetInt64() },
                    "truncated" => letter with { IsTruncated = reader.GetBoolean() },
                    "event" => letter with { Event = BytesOf(ref reader) },
                    "eventBase64" => letter with { Event = reader.GetBytesFromBase64() },
                    _ => letter,
                };
                reader.Skip();
            }

            return letter.Id <= 0 ? null : encrypted is null ? letter
                : keys is not null && SealedBytes.Open(keys, encrypted, PlaceOf(letter.Id, letter.Store)) is { } opened
                ? letter with { Event = opened }
                : letter with { IsLocked = true };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Parses a mark.</summary>
    /// <returns>Null if the line is not a mark.</returns>
    public static (long Id, DeadLetterMark Mark)? ReadMark(ReadOnlySpan<byte> line)
    {
        if (!TryOpen(line, out var reader))
        {
            return null;
        }

        try
        {
            var (id, state, at, eventId) = (0L, DeadLetterState.Waiting, 0L, (string?)null);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                switch (name)
                {
                    case "id":
                        id = reader.GetInt64();
                        break;
                    case "state":
                        state = reader.GetString() switch
                        {
                            "replayed" => DeadLetterState.Replayed,
                            "dropped" => DeadLetterState.Dropped,
                            _ => DeadLetterState.Waiting,
                        };
                        break;
                    case "at":
                        at = reader.GetDateTimeOffset().ToUnixTimeMilliseconds();
                        break;
                    case "event":
                        eventId = reader.GetString();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            return id > 0 && state != DeadLetterState.Waiting ? (id, new DeadLetterMark(state, at, eventId)) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    static byte[] PlaceOf(long id, string store) => Encoding.UTF8.GetBytes($"letter {id} {store}");

    static bool TryOpen(ReadOnlySpan<byte> line, out Utf8JsonReader reader)
    {
        reader = new Utf8JsonReader(line);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static byte[] BytesOf(ref Utf8JsonReader reader)
    {
        var bytes = new byte[reader.ValueSpan.Length];
        var length = reader.CopyString(bytes);
        return length == bytes.Length ? bytes : bytes[..length];
    }

    static void EndLine(ArrayBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = (byte)'\n';
        output.Advance(1);
    }
}
