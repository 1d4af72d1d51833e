using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>
/// Waits for the other side to hang up. Hanging up on bytes that nobody has read resets the connection, and a reset may overtake the last
/// answers.
/// </summary>
static class Linger
{
    // Long enough for what was on its way when the client heard the last answer.
    static readonly TimeSpan s_atMost = TimeSpan.FromMilliseconds(500);

    /// <summary>Reads and forgets until the end, until a WebSocket client answers the close frame, or until time is up.</summary>
    public static async Task UntilEndAsync(PipeReader input, bool isWebSocket)
    {
        using var deadline = new CancellationTokenSource(s_atMost);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(deadline.Token);
                var answered = isWebSocket && EndsWithClose(read.Buffer);
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || answered)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It was asked to go.
        }
    }

    // A client sends nothing behind its close frame, and waits for the server to hang up. After a violation nobody knows where frames begin, so
    // it is looked for at the end; what looks like one and is none costs the client the rest of the wait.
    static bool EndsWithClose(in ReadOnlySequence<byte> buffer)
    {
        const int head = 6;
        Span<byte> tail = stackalloc byte[FrameHeader.LongestControl + head];
        tail = tail[..(int)Math.Min(buffer.Length, tail.Length)];
        buffer.Slice(buffer.Length - tail.Length).CopyTo(tail);
        for (var payload = 0; payload + head <= tail.Length; payload++)
        {
            if (tail[^(payload + head)] == 0x88 && tail[^(payload + head - 1)] == (0x80 | payload))
            {
                return true;
            }
        }

        return false;
    }
}
