using CartRecovery.Contracts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>A decision to step in, as the journal keeps it until its delivery has ended.</summary>
/// <param name="Cart">The cart's key.</param>
/// <param name="At">When, in event time: milliseconds since 1970 UTC.</param>
/// <param name="ConnectionId">The connection that the cart was last changed on and that may be answered; 0 for none.</param>
/// <param name="Intervention">What is to be delivered; its id is the idempotency key.</param>
public sealed record Decision(Hash128 Cart, long At, long ConnectionId, Intervention Intervention);
