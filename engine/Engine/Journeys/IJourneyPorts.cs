using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys;

/// <summary>Connects journeys to streams, sinks and partitions. Called on their thread: no member may block.</summary>
public interface IJourneyPorts
{
    /// <summary>Whether a sink was handed something in the transaction that is open.</summary>
    bool HasSinkWork => false;

    /// <summary>The channel of this name; <see langword="null"/> if the configuration has none.</summary>
    DeliveryChannel? Find(string name);

    /// <summary>How many more interventions a channel takes now. Messages for a full channel stay in the database until there is room.</summary>
    int RoomOf(string channel);

    /// <summary>Writes to a shopper's open stream; <see cref="Flush"/> sends it.</summary>
    /// <returns><see langword="false"/> if the stream is closed.</returns>
    bool TrySendToSocket(Intervention intervention, long connectionId);

    /// <summary>Hands an intervention to a sink, which reports the outcome by <see cref="JourneyEngine.RecordOutcome"/>.</summary>
    /// <returns><see langword="false"/> if the sink has no room now.</returns>
    bool TryEnqueue(Intervention intervention);

    /// <summary>Requests carts as they are after every event so far; the answer goes to <see cref="JourneyEngine.TakeCarts"/>.</summary>
    void LookUp(IReadOnlyList<DueMessage> messages);

    /// <summary>The decision is persisted: its partition may forget it.</summary>
    void MarkPersisted(Intervention candidate);

    /// <summary>Sends what was written to streams, one system call per stream.</summary>
    void Flush()
    {
    }

    /// <summary>The transaction is committed.</summary>
    void Forget()
    {
    }
}
