using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Journeys;

/// <summary>Carts that were looked up.</summary>
sealed record CartsFound(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> Carts);
