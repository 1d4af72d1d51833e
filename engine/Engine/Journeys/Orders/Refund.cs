using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>A refund or a cancellation, as it was reported. What it takes of its order is computed: <see cref="OrderLedger"/>.</summary>
/// <param name="Event">The key of its event.</param>
/// <param name="Cart">The cart.</param>
/// <param name="CartId">The cart's id.</param>
/// <param name="At">When it happened (ms since 1970 UTC).</param>
/// <param name="ReceivedAt">When it was received (ms since 1970 UTC).</param>
/// <param name="Currency">ISO 4217 code; <see langword="null"/> if it names none, and so has the order's.</param>
/// <param name="Amount">The amount, in <see cref="Money"/> units; <see langword="null"/> for the price of <paramref name="Lines"/>, or of the whole order.</param>
/// <param name="Lines">The lines; empty for the whole order.</param>
public sealed record Refund(
    Hash128 Event, Hash128 Cart, string CartId, long At, long ReceivedAt, string? Currency, long? Amount, IReadOnlyList<OrderLine> Lines)
{
    /// <summary>Whether all that is left of the order is refunded.</summary>
    public bool IsWhole => Amount is null && Lines.Count == 0;
}
