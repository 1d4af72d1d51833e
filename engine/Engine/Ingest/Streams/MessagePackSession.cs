using System.Buffers;
using System.Buffers.Binary;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>
/// Reads events over plain TCP in MessagePack: each message is one event or an array of events, prefixed by its length: four bytes,
/// big-endian.
/// </summary>
public sealed class MessagePackSession(ClientConnection connection, int maxMessage) : IStreamSession
{
    /// <summary>The length of a message's prefix, in bytes.</summary>
    public const int PrefixLength = sizeof(uint);

    // A message this many times the limit is no accident; skipping it would waste bandwidth.
    const int HopelessFactor = 64;

    long _skip;

    /// <inheritdoc/>
    public bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public bool ClientClosed => false;

    /// <inheritdoc/>
    public int Kept => 0;

    /// <inheritdoc/>
    public SequencePosition Consume(in ReadOnlySequence<byte> buffer)
    {
        var rest = buffer;
        do
        {
            rest = rest.Slice(ProcessWhole(rest.FirstSpan));
        }
        while (!IsClosed && !connection.IsHopeless && TryProcessNext(ref rest));

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

    // Most messages are contiguous and need no copy.
    int ProcessWhole(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (!connection.IsHopeless && _skip == 0 && bytes.Length - at >= PrefixLength)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > (uint)Math.Min(maxMessage, bytes.Length - at - PrefixLength))
            {
                break;
            }

            connection.RouteMessagePack(bytes.Slice(at + PrefixLength, (int)length));
            at += PrefixLength + (int)length;
        }

        return at;
    }

    // Takes a message that spans segments or is too long. Returns false if it is incomplete.
    bool TryProcessNext(ref ReadOnlySequence<byte> rest)
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
            Reject(new EventProblem(EventErrorCode.MessageTooLarge, "the message exceeds limits.message"), rest);
            IsClosed = length > (long)maxMessage * HopelessFactor;
            rest = rest.Slice(PrefixLength);
            _skip = length;
            return !IsClosed;
        }

        if (rest.Length - PrefixLength < length)
        {
            return false;
        }

        connection.RouteMessagePack(ContiguousBuffer.Of(rest.Slice(PrefixLength, length)));
        rest = rest.Slice(PrefixLength + length);
        return true;
    }

    // Keeps the beginning of a rejected message, as far as it was received.
    void Reject(EventProblem problem, in ReadOnlySequence<byte> rest)
    {
        var begun = rest.Slice(Math.Min(rest.Length, PrefixLength));
        connection.Reject(problem, ContiguousBuffer.Of(begun.Slice(0, Math.Min(begun.Length, DeadLetterQueue.Beginning))),
            isTruncated: true);
    }
}
