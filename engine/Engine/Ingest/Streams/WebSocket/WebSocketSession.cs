using System.Buffers;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Connections;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>Reads events over WebSocket: each message is one event or an array of events; text is JSON, binary is MessagePack.</summary>
public sealed class WebSocketSession(ClientConnection connection, int maxMessage)
    : WebSocketProtocol(connection.Output, maxMessage), IStreamSession
{
    /// <inheritdoc/>
    public void Discard() => DiscardFragments();

    /// <inheritdoc/>
    protected override bool ShouldStop => connection.IsHopeless;

    /// <inheritdoc/>
    public void End(in ReadOnlySequence<byte> rest)
    {
        // An incomplete frame is not a message.
    }

    /// <inheritdoc/>
    protected override void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message)
    {
        if (opcode == WebSocketOpcode.Text)
        {
            connection.RouteJson(message, isValidUtf8: true);
        }
        else
        {
            connection.RouteMessagePack(message);
        }
    }

    /// <inheritdoc/>
    protected override void OnMessageTooLong(ReadOnlySpan<byte> beginning) =>
        connection.Reject(new EventProblem(EventErrorCode.MessageTooLarge, "the message exceeds limits.message"), beginning,
            isTruncated: true);

    /// <inheritdoc/>
    protected override void OnInvalidText(ReadOnlySpan<byte> text) =>
        connection.Reject(new EventProblem(EventErrorCode.InvalidUtf8, "the message is not valid UTF-8"), text);
}
