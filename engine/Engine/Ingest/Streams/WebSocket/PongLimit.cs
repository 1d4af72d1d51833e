using CartRecovery.Engine.Ingest.Connections.Output;


namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>
/// Answers the pings of a read: the first ones, and the last one, as RFC 6455, 5.5.3, allows. A pong is as long as its ping, so that pings
/// without a limit would fill memory for a client that does not read.
/// </summary>
sealed class PongLimit(Outbound output)
{
    const int Max = 32;

    int _count;
    byte[]? _last;
    int _lastLength;

    /// <summary>Begins a read.</summary>
    public void Begin() => _count = 0;

    /// <summary>Answers a ping, now or at the end of the read.</summary>
    public void Answer(ReadOnlySpan<byte> payload)
    {
        if (_count++ < Max)
        {
            output.TryReply(WebSocketOpcode.Pong, payload);
            return;
        }

        _last ??= new byte[FrameHeader.MaxControlPayload];
        payload.CopyTo(_last);
        _lastLength = payload.Length;
    }

    /// <summary>Ends a read.</summary>
    public void End()
    {
        if (_count > Max)
        {
            output.TryReply(WebSocketOpcode.Pong, _last.AsSpan(0, _lastLength));
        }
    }
}
