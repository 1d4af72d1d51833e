using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;

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
        return reader.TryReadBigEndian(out int length) ? MessagePackSession.PrefixLength + (long)(uint)length
            : MessagePackSession.PrefixLength;
    }

    static string? KeyInMessage(ReadOnlySpan<byte> message)
    {
        var reader = new MessagePackReader(message);
        if (reader.Read() != MessagePackKind.Map)
        {
            return null;
        }

        string? key = null;
        for (var left = reader.Count; left > 0; left--)
        {
            if (reader.Read() != MessagePackKind.Text || EventFields.Parse(reader.Content) != EventField.Other)
            {
                return null;
            }

            var isKey = reader.Content.SequenceEqual("key"u8);
            var valueAt = reader.Position;
            if (isKey && reader.Read() == MessagePackKind.Text)
            {
                key = Encoding.UTF8.GetString(reader.Content);
                continue;
            }

            reader.Position = valueAt;
            if (!reader.Skip())
            {
                return null;
            }
        }

        return reader.Position == message.Length ? key : null;
    }

    // Null for a line that is not JSON: the session reports it with its index.
    static string? KeyIn(ReadOnlySpan<byte> line)
    {
        var start = JsonTokens.SkipSpace(line, 0);
        var end = JsonSyntax.EndOfValue(line, start);
        if (end == JsonSyntax.None || line[start] != '{' || !Utf8.IsValid(line))
        {
            return null;
        }

        var reader = new Utf8JsonReader(line[start..end]);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKey = TextOf(reader.ValueSpan) == "key";
            reader.Read();
            if (isKey && reader.TokenType == JsonTokenType.String)
            {
                return TextOf(reader.ValueSpan);
            }

            reader.Skip();
        }

        return null;
    }

    // Null if an escape is an unpaired surrogate, for which the reader would throw.
    static string? TextOf(ReadOnlySpan<byte> raw)
    {
        var text = new byte[raw.Length];
        var length = JsonText.Unescape(raw, text);
        return length < 0 ? null : Encoding.UTF8.GetString(text, 0, length);
    }
}
