using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using CartRecovery.Engine.Events;
using MessagePack;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>
/// How a client on plain TCP says who it is: a first line, or a first message in MessagePack, <c>{"key":"…"}</c>. One that names no key is an
/// event already.
/// </summary>
static class TcpHandshake
{
    /// <summary>Reads the key off the first line, and the line too if it was a greeting.</summary>
    /// <returns>The key, or null when the first line names none.</returns>
    public static async Task<string?> ReadLineAsync(PipeReader input, int maxLine, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            // What is left for the session to read keeps its last byte unexamined: otherwise the session would wait for more than is there.
            // Nothing that was examined once may be unexamined again.
            if (buffer.PositionOf((byte)'\n') is not { } end)
            {
                if (read.IsCompleted || buffer.Length > maxLine)
                {
                    input.AdvanceTo(buffer.Start, read.IsCompleted ? buffer.End : buffer.GetPosition(buffer.Length - 1));
                    return null;
                }

                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            var key = KeyIn(buffer.Slice(0, end).ToArray());
            if (key is null)
            {
                input.AdvanceTo(buffer.Start, end);
            }
            else
            {
                input.AdvanceTo(buffer.GetPosition(1, end));
            }

            return key;
        }
    }

    /// <summary>Reads the key off the first message behind its length, and the message too if it was a greeting.</summary>
    /// <returns>The key, or null when the first message names none.</returns>
    public static async Task<string?> ReadMessageAsync(PipeReader input, int maxMessage, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            var end = EndOfMessage(buffer);
            if (end > buffer.Length && end <= MessagePackSession.PrefixLength + (long)maxMessage && !read.IsCompleted)
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            var key = end <= Math.Min(buffer.Length, MessagePackSession.PrefixLength + (long)maxMessage)
                ? KeyInMessage(buffer.Slice(MessagePackSession.PrefixLength, buffer.GetPosition(end)).ToArray()) : null;
            if (key is not null)
            {
                input.AdvanceTo(buffer.GetPosition(end));
            }
            else
            {
                input.AdvanceTo(buffer.Start, read.IsCompleted ? buffer.End : buffer.GetPosition(buffer.Length - 1));
            }

            return key;
        }
    }

    // Its length with its message; of a length that is not all there yet, the least.
    static long EndOfMessage(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        return reader.TryReadBigEndian(out int length) ? MessagePackSession.PrefixLength + (long)(uint)length : MessagePackSession.PrefixLength;
    }

    static string? KeyInMessage(ReadOnlyMemory<byte> message)
    {
        try
        {
            var reader = new MessagePackReader(message);
            string? key = null;
            for (var left = reader.ReadMapHeader(); left > 0; left--)
            {
                if (!reader.TryReadStringSpan(out var name) || EventFields.Parse(name) != EventField.Other)
                {
                    return null;
                }

                if (name.SequenceEqual("key"u8) && reader.NextMessagePackType == MessagePackType.String)
                {
                    key = reader.ReadString();
                }
                else
                {
                    reader.Skip();
                }
            }

            return reader.End ? key : null;
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException)
        {
            return null;
        }
    }

    static string? KeyIn(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isKey = reader.ValueTextEquals("key"u8);
                reader.Read();
                if (isKey && reader.TokenType == JsonTokenType.String)
                {
                    return reader.GetString();
                }

                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON: the session says so, with the line's number.
        }

        return null;
    }
}
