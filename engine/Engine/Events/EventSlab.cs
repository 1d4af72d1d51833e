namespace CartRecovery.Engine.Events;

/// <summary>
/// A pooled run of events from one source for one partition, in the order of their arrival: the unit in which events move.
/// One thread owns it at a time; the hand-over through the partition's inbox publishes what is in it.
/// </summary>
public sealed class EventSlab
{
    /// <summary>Events in a slab at the most.</summary>
    public const int Capacity = 256;

    /// <summary>The longest id, in bytes of UTF-8.</summary>
    public const int MaxIdLength = 64;

    /// <summary>The texts of one event at the most.</summary>
    public const int MaxTextPerEvent = 5 * MaxIdLength;

    /// <summary>Room for texts: that of typical ids (36 characters) in a full slab.</summary>
    public const int TextCapacity = 32 * 1024;

    /// <summary>The bytes that a slab takes, for the memory budget.</summary>
    public const int Size = (Capacity * 128) + TextCapacity + 256;

    public readonly EventRecord[] Records = new EventRecord[Capacity];
    public readonly byte[] Text = new byte[TextCapacity];

    /// <summary>Events in it.</summary>
    public int Count;

    /// <summary>Bytes of <see cref="Text"/> in use.</summary>
    public int TextLength;

    /// <summary>Who sent it and is told when it is done.</summary>
    public IEventSource? Source;

    /// <summary>How many events its source had taken when it was handed over, this slab's among them.</summary>
    public long UpTo;

    /// <summary>When its bytes were read: milliseconds since 1970 UTC.</summary>
    public long ReceivedAt;

    /// <summary>When its bytes were read, in ticks of the monotonic clock.</summary>
    public long ReceivedTicks;

    /// <summary>There is room for one more event, however long its ids.</summary>
    public bool HasRoom => Count < Capacity && TextCapacity - TextLength >= MaxTextPerEvent;

    /// <summary>The event's own id.</summary>
    public ReadOnlySpan<byte> IdOf(in EventRecord record) => Text.AsSpan(record.TextOffset, record.IdLength);

    /// <summary>The cart's id.</summary>
    public ReadOnlySpan<byte> CartOf(in EventRecord record) => Text.AsSpan(record.TextOffset + record.IdLength, record.CartLength);

    /// <summary>The user's id, empty for an anonymous shopper.</summary>
    public ReadOnlySpan<byte> UserOf(in EventRecord record) =>
        Text.AsSpan(record.TextOffset + record.IdLength + record.CartLength, record.UserLength);

    /// <summary>The session's id, empty where there is none.</summary>
    public ReadOnlySpan<byte> SessionOf(in EventRecord record) =>
        Text.AsSpan(record.TextOffset + record.IdLength + record.CartLength + record.UserLength, record.SessionLength);

    /// <summary>Appends a copy of an event of another slab.</summary>
    public void Append(in EventRecord record, ReadOnlySpan<byte> text, EventFlags flags)
    {
        ref var copy = ref Records[Count++];
        copy = record;
        copy.TextOffset = TextLength;
        copy.Flags |= flags;
        text.CopyTo(Text.AsSpan(TextLength));
        TextLength += text.Length;
    }

    internal void Reset()
    {
        Count = 0;
        TextLength = 0;
        Source = null;
    }
}

/// <summary>Whoever sends events: a connection or an HTTP request.</summary>
public interface IEventSource
{
    /// <summary>Names the connection; 0 for a source that nothing can be sent back to. Unique across restarts.</summary>
    long ConnectionId { get; }

    /// <summary>It may only act for its own session: it came with a publishable key.</summary>
    bool IsPublishable { get; }

    /// <summary>Called by a partition's worker when every event of a slab is done. Must not block.</summary>
    /// <param name="partition">The worker's partition.</param>
    /// <param name="upTo">The slab's <see cref="EventSlab.UpTo"/>.</param>
    void OnProcessed(int partition, long upTo);
}
