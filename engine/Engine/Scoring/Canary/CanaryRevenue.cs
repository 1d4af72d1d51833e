namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>How the revenue of a canary's carts compares with that of the champion's carts of the same steps and currencies.</summary>
/// <param name="Carts">The canary's carts that can be compared.</param>
/// <param name="Orders">How many of them were bought for a known value.</param>
/// <param name="ChampionCarts">The champion's carts that they are compared with.</param>
/// <param name="ChampionOrders">How many of them were bought for a known value.</param>
/// <param name="Difference">The canary's mean revenue of a cart less the champion's, where a large order of the champion is 1; greater values count as 1.</param>
/// <param name="Within">Half of the width of its interval: see <see cref="ConfidenceSequence"/>.</param>
public sealed record CanaryRevenue(long Carts, long Orders, long ChampionCarts, long ChampionOrders, double Difference, double Within);
