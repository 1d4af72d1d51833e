using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// What follows an event's type and these bits in a block, in this order: its time, against the event before; what is marked here; the
/// lengths of its texts; the texts. The numbers are the file format.
/// </summary>
[Flags]
enum EventParts : ushort
{
    None = 0,

    /// <summary>Another store than the event's before: its place in the block's list of stores; its id, if it is a new one there.</summary>
    Store = 1,

    /// <summary>Other flags than the event's before.</summary>
    Flags = 2,

    /// <summary>A watermark that does not follow from the event before: the difference to the one that does.</summary>
    Watermark = 4,

    /// <summary>A price that is not 0.</summary>
    Price = 8,

    /// <summary>A quantity that is not 1.</summary>
    Quantity = 16,

    /// <summary>Another currency than the event's before.</summary>
    Currency = 32,

    /// <summary>Device and source, of which one is known.</summary>
    Context = 64,

    User = 128,
    Session = 256,
    Product = 512,
    Meta = 1024,

    All = 2047,
}

/// <summary>What an event of a block is written against: the event before it.</summary>
struct EventBefore
{
    public long ReceivedAt;
    public long Timestamp;
    public long Watermark;
    public uint Currency;
    public int Store;
    public EventFlags Flags;

    /// <summary>Before a block's first event.</summary>
    public static EventBefore None => new() { Store = -1 };

    /// <summary>The watermark of an event that was taken in right after.</summary>
    public readonly long NextWatermark(long timestamp) => Math.Max(Watermark, Math.Min(timestamp, ReceivedAt));
}
