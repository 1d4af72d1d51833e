using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>What a refund takes of its order in one currency.</summary>
/// <param name="Refund">The refund.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Amount">The amount, above 0, in <see cref="Money"/> units.</param>
public readonly record struct RefundShare(Refund Refund, string Currency, long Amount);
