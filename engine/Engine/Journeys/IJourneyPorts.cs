using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>Connects journeys to streams, sinks and partitions. Called on their thread: no member may block.</summary>
public interface IJourneyPorts
{
    /// <summary>Whether a sink was handed something in the transaction that is open.</summary>
    bool HasSinkWork => false;

    /// <summary>Finds a channel by name; <see langword="null"/> if the configuration has none.</summary>
    DeliveryChannel? Find(string name);

    /// <summary>Returns a channel's free capacity. Messages for a full channel stay in the database until there is room.</summary>
    int FreeCapacityOf(string channel);

    /// <summary>Writes to a shopper's open stream; <see cref="Flush"/> sends it.</summary>
    /// <returns><see langword="false"/> if the stream is closed.</returns>
    bool TrySendToSocket(Intervention intervention, long connectionId);

    /// <summary>Reports a cart's shopper to <see cref="JourneyEngine.ReturnShopper"/> when they are back on another connection.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="store">The store's number.</param>
    /// <returns>The cart that made room, and is no longer waited for; <see langword="null"/> for none.</returns>
    Hash128? AwaitShopper(in Hash128 cart, int store) => null;

    /// <summary>Ends <see cref="AwaitShopper"/>.</summary>
    void ForgetShopper(in Hash128 cart)
    {
    }

    /// <summary>Frees the window of a decision whose offer nobody saw: the cart may be decided on at once. Idempotent.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="at">The decision's time, in event time.</param>
    /// <param name="campaign">The campaign's name.</param>
    void ReleaseWindow(in Hash128 cart, long at, string campaign)
    {
    }

    /// <summary>Hands an intervention to a sink, which reports the outcome by <see cref="JourneyEngine.RecordOutcome"/>.</summary>
    /// <returns><see langword="false"/> if the sink has no room now.</returns>
    bool TryEnqueue(Intervention intervention);

    /// <summary>Requests carts as they are after every event so far; the answer goes to <see cref="JourneyEngine.AddCarts"/>.</summary>
    void LookUp(IReadOnlyList<DueMessage> messages);

    /// <summary>Sends what was written to streams, one system call per stream.</summary>
    void Flush()
    {
    }

    /// <summary>Called after each commit of the transaction.</summary>
    void OnCommitted()
    {
    }
}
