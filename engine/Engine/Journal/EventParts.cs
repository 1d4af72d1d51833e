using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Flags after an event's type that tell which fields follow. Then come, in this order: the time as a difference to the previous event, the
/// flagged fields, the lengths of the texts, and the texts. The numbers are the file format.
/// </summary>
[Flags]
enum EventParts : ushort
{
    None = 0,

    /// <summary>The store differs from the previous event's: its index in the block's list, and its id if it is new there.</summary>
    Store = 1,

    /// <summary>The flags differ from the previous event's.</summary>
    Flags = 2,

    /// <summary>The watermark does not follow from the previous event: the difference to the expected one.</summary>
    Watermark = 4,

    /// <summary>A price that is not 0.</summary>
    Price = 8,

    /// <summary>A quantity that is not 1.</summary>
    Quantity = 16,

    /// <summary>The currency differs from the previous event's.</summary>
    Currency = 32,

    /// <summary>Device and source; at least one is known.</summary>
    Context = 64,

    User = 128,
    Session = 256,
    Product = 512,
    Meta = 1024,

    /// <summary>The key of the cart's secret: eight bytes. Since block version 2.</summary>
    CartSecret = 2048,

    /// <summary>The quantity is in thousandths, not in whole units. Since block version 4.</summary>
    Thousandths = 4096,

    /// <summary>What the items in the meta are: a byte. Since block version 4.</summary>
    Details = 8192,

    /// <summary>How much the product's category is looked at and bought: two bytes each. Since block version 5.</summary>
    Popularity = 16384,

    All = 32767,
}

/// <summary>The fields of the previous event that an event is encoded against.</summary>
struct PreviousEvent
{
    public long ReceivedAt;
    public long Timestamp;
    public long Watermark;
    public uint Currency;
    public int Store;
    public EventFlags Flags;

    /// <summary>The state before a block's first event.</summary>
    public static PreviousEvent None => new() { Store = -1 };

    /// <summary>Returns the expected watermark of the next event.</summary>
    public readonly long NextWatermark(long timestamp) => Math.Max(Watermark, Math.Min(timestamp, ReceivedAt));
}
