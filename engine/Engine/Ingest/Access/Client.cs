using System.Net;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>An authenticated client: who sends events.</summary>
/// <param name="Key">Its key, which names its store.</param>
/// <param name="Address">Its network address; null if unknown, and for the engine's own events.</param>
/// <param name="ProvenUser">The customer that its user token proves; null for none.</param>
public sealed record Client(StoreKey Key, IPAddress? Address = null, ProvenUser? ProvenUser = null)
{
    /// <summary>Why it is taken for a program.</summary>
    public BotEvidence Bot { get; init; }
}
