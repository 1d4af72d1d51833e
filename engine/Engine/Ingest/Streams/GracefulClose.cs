using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>Waits for the peer to close. Closing a socket with unread input sends a reset, which may overtake the last answers.</summary>
static class GracefulClose
{
    // Long enough for data in flight when the client received the last answer.
    static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Discards input until the end, a WebSocket close frame, or the timeout.</summary>
    public static async Task WaitAsync(PipeReader input, bool isWebSocket)
    {
        using var deadline = new CancellationTokenSource(s_timeout);
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
            // Timed out.
        }
    }

    // A client sends nothing after its close frame and waits for the server to close. After a protocol violation frame boundaries are
    // unknown, so the close frame is searched for at the end of the input; a false match only shortens the wait.
    static bool EndsWithClose(in ReadOnlySequence<byte> buffer)
    {
        const int head = 6;
        Span<byte> tail = stackalloc byte[FrameHeader.MaxControlPayload + head];
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
