namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>The carts that one model decided for, once their outcome is known.</summary>
/// <param name="Carts">Number of carts.</param>
/// <param name="Orders">How many were bought.</param>
/// <param name="Revenue">Mean revenue of a cart, in units of each store's currency.</param>
/// <param name="RevenueWithin">Half of the width of the mean's interval: see <see cref="ConfidenceSequence"/>.</param>
public sealed record CanaryArm(long Carts, long Orders, double Revenue, double RevenueWithin);
