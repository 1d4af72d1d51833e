using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Connections.Output;

/// <summary>The close frame that a WebSocket's output ends with. The first payload wins. Any thread.</summary>
sealed class CloseFrame
{
    byte[]? _payload;
    bool _isWritten;

    /// <summary>Sets the payload.</summary>
    public void Set(ReadOnlySpan<byte> payload)
    {
        if (Volatile.Read(ref _payload) is null)
        {
            Interlocked.CompareExchange(ref _payload, payload.ToArray(), comparand: null);
        }
    }

    /// <inheritdoc cref="Set(ReadOnlySpan{byte})"/>
    /// <param name="code">The status code.</param>
    /// <param name="reason">Why, in at most 123 bytes.</param>
    public void Set(WebSocketCloseCode code, string reason)
    {
        Span<byte> payload = stackalloc byte[FrameHeader.MaxControlPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Set(payload[..(2 + Encoding.UTF8.GetBytes(reason, payload[2..]))]);
    }

    /// <summary>Writes the frame, once, if there is a payload. Called by one thread at a time.</summary>
    public bool TryWrite(IBufferWriter<byte> writer)
    {
        if (_isWritten || Volatile.Read(ref _payload) is not { } payload)
        {
            return false;
        }

        _isWritten = true;
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
        writer.Write(header[..FrameHeader.WriteServer(header, WebSocketOpcode.Close, payload.Length)]);
        writer.Write(payload);
        return true;
    }
}
