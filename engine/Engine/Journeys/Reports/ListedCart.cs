using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>A cart for which a campaign was triggered, without its present contents.</summary>
/// <param name="Cart">Its key.</param>
/// <param name="CartId">Its id.</param>
/// <param name="UserId">The signed-in customer; <see langword="null"/> for none.</param>
/// <param name="Campaign">The campaign that was triggered last.</param>
/// <param name="Variant">The variant of that.</param>
/// <param name="IsHoldout">Whether the shopper was in the holdout then.</param>
/// <param name="TriggeredAt">When (ms since 1970 UTC).</param>
/// <param name="Sent">Number of messages sent.</param>
/// <param name="ContactedAt">When the last was sent (ms since 1970 UTC); 0 for never.</param>
/// <param name="IsRecovered">Whether an order followed a message.</param>
public sealed record ListedCart(
    Hash128 Cart, string CartId, string? UserId, string Campaign, string Variant, bool IsHoldout, long TriggeredAt, long Sent, long ContactedAt, bool IsRecovered);
