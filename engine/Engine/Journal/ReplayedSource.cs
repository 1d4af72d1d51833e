using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Journal;

/// <summary>The source of an event read back from the journal. Nobody is left to acknowledge it to.</summary>
public sealed class ReplayedSource(long connectionId, BotEvidence bot = BotEvidence.None) : IEventSource
{
    /// <inheritdoc/>
    public long ConnectionId => connectionId;

    /// <inheritdoc/>
    public ulong Network => 0;

    /// <inheritdoc/>
    public BotEvidence Bot => bot;

    /// <inheritdoc/>
    public void OnProcessed(int partition, long upTo)
    {
    }

    /// <inheritdoc/>
    public void OnForeign(EventSlab slab, in SourceRun run, int first)
    {
    }
}
