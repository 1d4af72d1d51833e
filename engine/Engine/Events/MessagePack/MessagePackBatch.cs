using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>
/// Recognises batches that wrap the array of events in a map, as in JSON: <c>events</c> or <c>batch</c>, with <c>sentAt</c> or other
/// members of the batch beside it.
/// </summary>
static class MessagePackBatch
{
    /// <summary>Unwraps a batch. Never throws.</summary>
    /// <param name="message">The message.</param>
    /// <param name="sentAt">When it was sent, in milliseconds since 1970 UTC; 0 if it does not say.</param>
    /// <returns>The array; the message as it is if it is anything else, valid or not.</returns>
    public static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> message, out long sentAt)
    {
        sentAt = 0;
        var reader = new MessagePackReader(message);
        if (reader.Read() != MessagePackKind.Map)
        {
            return message;
        }

        var (array, sent) = (default(Range?), 0L);
        for (var left = reader.Count; left > 0; left--)
        {
            // An event costs a look at its first name: see JsonBatch.
            if (reader.Read() != MessagePackKind.Text || EventEnvelope.KindOf(reader.Content) is var kind && kind == EnvelopeMember.OfEvent)
            {
                return message;
            }

            var start = reader.Position;
            if (kind == EnvelopeMember.SentAt)
            {
                sent = TimeAt(reader);
            }
            else if (kind == EnvelopeMember.Events && (array is not null || KindAt(reader) != MessagePackKind.Array))
            {
                return message;
            }

            if (!reader.Skip())
            {
                return message;
            }

            array = kind == EnvelopeMember.Events ? start..reader.Position : array;
        }

        if (array is not { } found || reader.Position != message.Length)
        {
            return message;
        }

        sentAt = sent;
        return message[found];
    }

    /// <summary>Returns the time that a reader has just read, in milliseconds since 1970 UTC; 0 if the value is none.</summary>
    public static long TimeOf(MessagePackKind kind, in MessagePackReader reader) => kind switch
    {
        MessagePackKind.Integer => reader.Integer,
        MessagePackKind.Single or MessagePackKind.Double when double.IsFinite(reader.Real) => (long)Math.Clamp(reader.Real, -1e15, 1e15),
        MessagePackKind.Text when EventTime.TryParse(reader.Content, out var time) => time,
        MessagePackKind.Extension when MessagePackTime.TryRead(reader, out var seconds, out var nanoseconds)
            => MessagePackTime.ToMilliseconds(seconds, nanoseconds),
        _ => 0,
    };

    // The readers are copies: the value is skipped by the caller.
    static MessagePackKind KindAt(MessagePackReader reader) => reader.Read();

    static long TimeAt(MessagePackReader reader) => TimeOf(reader.Read(), reader);
}
