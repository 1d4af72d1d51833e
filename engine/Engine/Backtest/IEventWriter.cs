using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Backtest;

/// <summary>Writes events to a stream in an export format.</summary>
public interface IEventWriter : IDisposable
{
    /// <summary>Writes an event, possibly to a buffer.</summary>
    void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId);

    /// <summary>Writes what is buffered, after the last event.</summary>
    void Flush();
}
