using CartRecovery.Contracts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>A decision to intervene, kept in the journal and the outbox until its consumer has persisted it.</summary>
/// <param name="Cart">The cart's key.</param>
/// <param name="At">Event time (ms since 1970 UTC).</param>
/// <param name="ConnectionId">The connection that last changed the cart and can be answered; 0 for none.</param>
/// <param name="Intervention">What to deliver; its id is the idempotency key.</param>
public sealed record Decision(Hash128 Cart, long At, long ConnectionId, Intervention Intervention);
