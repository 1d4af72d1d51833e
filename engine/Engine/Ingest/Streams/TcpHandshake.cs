using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using CartRecovery.Engine.Events;
using MessagePack;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>
/// Authenticates a plain TCP client by its first line, or first MessagePack message: <c>{"key":"…"}</c>. A first message without a key is
/// already an event.
/// </summary>
static class TcpHandshake
{
    /// <summary>Reads the key from the first line; consumes the line if it holds only the key.</summary>
    /// <returns>The key; null if the first line has none.</returns>
    public static async Task<string?> ReadLineAsync(PipeReader input, int maxLine, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            // Leaves the last byte unexamined for the session, which would otherwise wait for more input. Examined bytes cannot become
            // unexamined again.
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

    /// <summary>Reads the key from the first length-prefixed message; consumes the message if it holds only the key.</summary>
    /// <returns>The key; null if the first message has none.</returns>
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

    // The length of prefix and message; the minimum if the prefix is incomplete.
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
            // Not JSON: the session reports it with the line number.
        }

        return null;
    }
}
