using System.Buffers;
using System.Buffers.Binary;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>
/// Events over plain TCP in MessagePack: each message is one event or an array of events, behind its length in four bytes, the highest first.
/// </summary>
public sealed class MessagePackSession(ClientConnection connection, int maxMessage) : IStreamSession
{
    /// <summary>Bytes of the length before a message.</summary>
    public const int PrefixLength = sizeof(uint);

    // A message this many times the limit is no mistake: skipping it is not worth the bandwidth.
    const int HopelessFactor = 64;

    long _skip;

    /// <inheritdoc/>
    public bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public bool IsPaused { get; private set; }

    /// <inheritdoc/>
    public bool ClientClosed => false;

    /// <inheritdoc/>
    public SequencePosition Consume(in ReadOnlySequence<byte> buffer)
    {
        var rest = buffer;
        do
        {
            rest = rest.Slice(TakeWhole(rest.FirstSpan));
        }
        while (!IsClosed && !IsPaused && TryTakeNext(ref rest));

        return rest.Start;
    }

    /// <inheritdoc/>
    public void End(in ReadOnlySequence<byte> rest)
    {
        if (rest.Length > 0 && _skip == 0)
        {
            Reject(new EventProblem(EventErrorCode.InvalidMessagePack, "the connection ended within a message"), rest);
        }
    }

    // Most messages lie in one piece, where they need not be copied.
    int TakeWhole(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (!(IsPaused = connection.ShouldPause) && _skip == 0 && bytes.Length - at >= PrefixLength)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > (uint)Math.Min(maxMessage, bytes.Length - at - PrefixLength))
            {
                break;
            }

            connection.Router.TakeMessagePack(bytes.Slice(at + PrefixLength, (int)length));
            at += PrefixLength + (int)length;
        }

        return at;
    }

    // Takes what does not lie in one piece, or is too long. False when it is not all there.
    bool TryTakeNext(ref ReadOnlySequence<byte> rest)
    {
        if (_skip > 0)
        {
            var step = Math.Min(_skip, rest.Length);
            rest = rest.Slice(step);
            _skip -= step;
            return _skip == 0;
        }

        if (rest.Length < PrefixLength)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[PrefixLength];
        rest.Slice(0, PrefixLength).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        if (length > maxMessage)
        {
            Reject(new EventProblem(EventErrorCode.MessageTooLarge, "the message is longer than limits.message"), rest);
            IsClosed = length > (long)maxMessage * HopelessFactor;
            rest = rest.Slice(PrefixLength);
            _skip = length;
            return !IsClosed;
        }

        if (rest.Length - PrefixLength < length)
        {
            return false;
        }

        connection.Router.TakeMessagePack(ContiguousBuffer.Of(rest.Slice(PrefixLength, length)));
        rest = rest.Slice(PrefixLength + length);
        return true;
    }

    // Of a message that is not taken its beginning is kept, as far as it is there.
    void Reject(EventProblem problem, in ReadOnlySequence<byte> rest)
    {
        var begun = rest.Slice(Math.Min(rest.Length, PrefixLength));
        connection.Router.Reject(problem, ContiguousBuffer.Of(begun.Slice(0, Math.Min(begun.Length, DeadLetterQueue.Beginning))), isTruncated: true);
    }
}
