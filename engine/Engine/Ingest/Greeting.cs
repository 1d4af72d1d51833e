using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace CartRecovery.Engine.Ingest;

/// <summary>
/// How a client on plain TCP says who it is: a first line <c>{"key":"…"}</c>. A first line that names no key is an event already.
/// </summary>
static class Greeting
{
    /// <summary>Reads the key off the first line, and the line too if it was a greeting.</summary>
    /// <returns>The key, or null when the first line names none.</returns>
    public static async Task<string?> ReadAsync(PipeReader input, int maxLine, CancellationToken cancellationToken)
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
