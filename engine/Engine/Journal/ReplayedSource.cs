using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Journal;

/// <summary>The source of an event read back from the journal. Nobody is left to acknowledge it to.</summary>
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
