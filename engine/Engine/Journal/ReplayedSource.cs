using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Journal;

/// <summary>Who sent an event that is read back from the journal: there is nobody left to tell.</summary>
public sealed class ReplayedSource(long connectionId, bool isPublishable) : IEventSource
{
    /// <inheritdoc/>
    public long ConnectionId => connectionId;

    /// <inheritdoc/>
    public bool IsPublishable => isPublishable;

    /// <inheritdoc/>
    public void OnProcessed(int partition, long upTo)
    {
    }
}
