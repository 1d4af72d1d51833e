using System.Diagnostics;

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

    /// <summary>Room for texts: that of typical ids (36 characters) in a full slab, and of any event of the default limit.</summary>
    public const int TextCapacity = 32 * 1024;

    public readonly EventRecord[] Records = new EventRecord[Capacity];

    /// <summary>The events' texts. It is longer than <see cref="TextCapacity"/> while it holds an event that has more alone.</summary>
    public byte[] Text { get; private set; } = new byte[TextCapacity];

    /// <summary>Events in it.</summary>
    public int Count;

    /// <summary>Bytes of <see cref="Text"/> in use.</summary>
    public int TextLength;

    /// <summary>Who sent it and is told when it is done.</summary>
    public IEventSource? Source;

    /// <summary>How many events its source had taken when it was handed over, this slab's among them.</summary>
    public long UpTo;

    /// <summary>The span of the HTTP request that it came with; default where there is none.</summary>
    public ActivityContext Request;

    /// <summary>When its bytes were read: milliseconds since 1970 UTC.</summary>
    public long ReceivedAt;

    /// <summary>When its bytes were read, in ticks of the monotonic clock.</summary>
    public long ReceivedTicks;

    /// <summary>The bytes that a slab takes at the most, for the memory budget.</summary>
    /// <param name="maxEvent">The longest event, in bytes.</param>
    public static long SizeFor(long maxEvent) => (Capacity * 128) + Math.Max(TextCapacity, maxEvent) + 256;

    /// <summary>There is room for one more event. An empty slab has it for any.</summary>
    /// <param name="textLength">The event's <see cref="EventRecord.TextLength"/>.</param>
    public bool HasRoom(int textLength) => Count == 0 || (Count < Capacity && Text.Length - TextLength >= textLength);

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

    /// <summary>The product's id, empty where there is none.</summary>
    public ReadOnlySpan<byte> ProductOf(in EventRecord record) =>
        Text.AsSpan(record.TextOffset + record.IdsLength - record.ProductLength, record.ProductLength);

    /// <summary>A JSON object on one line: the event's <c>meta</c> and its fields that the schema does not know; empty where there is
    /// none.</summary>
    public ReadOnlySpan<byte> MetaOf(in EventRecord record) => Text.AsSpan(record.TextOffset + record.IdsLength, record.MetaLength);

    /// <summary>All of an event's texts, one behind the other.</summary>
    public ReadOnlySpan<byte> TextOf(in EventRecord record) => Text.AsSpan(record.TextOffset, record.TextLength);

    /// <summary>Appends an event for which there is room, and says where its texts go.</summary>
    /// <param name="record">The event; its text lengths count, its text offset does not.</param>
    /// <param name="text">Of the event's <see cref="EventRecord.TextLength"/> bytes, for the caller to fill.</param>
    /// <returns>The event in the slab.</returns>
    public ref EventRecord Append(in EventRecord record, out Span<byte> text)
    {
        var length = record.TextLength;
        if (Count == 0 && length > Text.Length)
        {
            Text = new byte[length];
        }

        text = Text.AsSpan(TextLength, length);
        ref var copy = ref Records[Count++];
        copy = record;
        copy.TextOffset = TextLength;
        TextLength += length;
        return ref copy;
    }

    /// <summary>Appends a copy of an event of another slab, as a fact about its customer: without its meta.</summary>
    public void AppendCopy(in EventRecord record, EventSlab from)
    {
        var copy = record;
        copy.MetaLength = 0;
        copy.Flags |= EventFlags.CustomerCopy;
        Append(copy, out var text);
        from.Text.AsSpan(record.TextOffset, copy.TextLength).CopyTo(text);
    }

    internal void Reset()
    {
        Count = 0;
        TextLength = 0;
        Source = null;
        Request = default;
        if (Text.Length > TextCapacity)
        {
            Text = new byte[TextCapacity];
        }
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
