namespace CartRecovery.Engine.Events;

/// <summary>Members of an object that wraps events.</summary>
enum EnvelopeMember
{
    Other,
    Events,
    SentAt,

    /// <summary>A required field of an event: the object is one, whatever else it has.</summary>
    OfEvent,
}

/// <summary>The names in an object that wraps events, in any encoding.</summary>
static class EventEnvelope
{
    /// <summary>Returns what a name says of the object that has it.</summary>
    public static EnvelopeMember KindOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("events"u8) || name.SequenceEqual("batch"u8) ? EnvelopeMember.Events
        : name.SequenceEqual("sentAt"u8) ? EnvelopeMember.SentAt
        : name.SequenceEqual("id"u8) || name.SequenceEqual("type"u8) || name.SequenceEqual("cartId"u8) || name.SequenceEqual("ts"u8)
            ? EnvelopeMember.OfEvent
        : EnvelopeMember.Other;
}
