using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;

namespace CartRecovery.Engine.Events.Slabs;

/// <summary>A sender of events: a connection or an HTTP request.</summary>
public interface IEventSource
{
    /// <summary>The connection's id; 0 if the source cannot receive anything. Unique across restarts.</summary>
    long ConnectionId { get; }

    /// <summary>A key of the sender's network address: <see cref="IdHasher.NetworkOf"/>; 0 if unknown.</summary>
    ulong Network { get; }

    /// <summary>Why the sender is taken for a program.</summary>
    BotEvidence Bot => BotEvidence.None;

    /// <summary>Notifies the source of events that repeat earlier ones. Called by a partition's worker before it processes them; must not block.</summary>
    /// <param name="count">Their number.</param>
    void OnDuplicates(int count)
    {
    }

    /// <summary>Notifies the source that all events of a slab are processed. Called by a partition's worker; must not block.</summary>
    /// <param name="partition">The worker's partition.</param>
    /// <param name="upTo">The run's <see cref="SourceRun.UpTo"/>.</param>
    void OnProcessed(int partition, long upTo);

    /// <summary>
    /// Notifies the source of events that it may not send: they have no effect. Called by a partition's worker before it processes them;
    /// must not block.
    /// </summary>
    /// <param name="slab">The slab.</param>
    /// <param name="run">The run; its foreign events have <see cref="EventFlags.Foreign"/>.</param>
    /// <param name="first">The index of its first event in the slab.</param>
    void OnForeign(EventSlab slab, in SourceRun run, int first);
}
