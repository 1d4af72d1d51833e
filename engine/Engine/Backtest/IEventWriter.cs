using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Backtest;

/// <summary>Writes events to a stream in an export format.</summary>
public interface IEventWriter : IDisposable
{
    /// <summary>Writes an event, possibly to a buffer, with its ids as the shop writes them.</summary>
    /// <param name="slab">The event's slab.</param>
    /// <param name="record">The event.</param>
    /// <param name="storeId">Its store, in UTF-8.</param>
    /// <param name="ids">The store's ids.</param>
    void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId, IdHasher ids);

    /// <summary>Writes what is buffered, after the last event.</summary>
    void Flush();
}
