using CartRecovery.Engine.Scoring.Canary;

namespace CartRecovery.Host.Api.Serving;

/// <summary>The carts that one model decided for.</summary>
/// <param name="Carts">Number of carts with an outcome.</param>
/// <param name="Orders">How many were bought.</param>
/// <param name="Revenue">Mean revenue of a cart.</param>
/// <param name="RevenueWithin">Half of the width of its interval, which holds at all times; null without carts.</param>
sealed record ArmItem(long Carts, long Orders, double Revenue, double? RevenueWithin)
{
    /// <summary>Describes an arm.</summary>
    public static ArmItem Of(CanaryArm arm) => new(arm.Carts, arm.Orders, arm.Revenue, Finite(arm.RevenueWithin));

    /// <summary>JSON has no infinity.</summary>
    public static double? Finite(double width) => double.IsFinite(width) ? width : null;
}
