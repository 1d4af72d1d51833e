using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Backtest;

/// <summary>Writes events to a stream in an export format. Does not allocate per event.</summary>
interface IEventWriter : IDisposable
{
    /// <summary>Writes an event, possibly to a buffer.</summary>
    void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId);

    /// <summary>Flushes the buffer.</summary>
    void Flush();
}
