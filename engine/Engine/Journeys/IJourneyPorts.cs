using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys;

/// <summary>What the desk needs of the world around it. Called on the desk's thread: nothing of it may block.</summary>
public interface IJourneyPorts
{
    /// <summary>The channel of this name; <see langword="null"/> where the configuration has none.</summary>
    OutreachChannel? Find(string name);

    /// <summary>How many more interventions a channel takes now. What is for a full one stays where it is until there is room.</summary>
    int RoomOf(string channel);

    /// <summary>Sends to a shopper's open stream.</summary>
    /// <returns><see langword="false"/> when it is gone.</returns>
    bool TrySendToSocket(Intervention intervention, long connectionId);

    /// <summary>Hands an intervention to a sink, which says later by <see cref="JourneyEngine.Settle"/> what became of it.</summary>
    /// <returns><see langword="false"/> when the sink has no room now.</returns>
    bool TryHandOver(Intervention intervention);

    /// <summary>Asks for carts as they are after every event so far; the answer goes to <see cref="JourneyEngine.TakeCarts"/>.</summary>
    void LookUp(IReadOnlyList<DueMessage> messages);

    /// <summary>The desk has the decision, durably: its partition may forget it.</summary>
    void Settle(Intervention candidate);
}
