using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Backtest;

/// <summary>The parts of a decision that are compared.</summary>
/// <param name="Id">Its idempotency key: identifies cart, campaign and moment.</param>
/// <param name="Store">The store.</param>
/// <param name="Cart">The cart's id as the shop writes it.</param>
/// <param name="Campaign">The campaign that decided.</param>
/// <param name="Action">The offer.</param>
/// <param name="Score">The model's probability, 0–1.</param>
/// <param name="At">The event time, in milliseconds since 1970 UTC.</param>
public sealed record ReplayedDecision(string Id, string Store, string Cart, string Campaign, ActionKind Action, double Score, long At)
{
    /// <summary>Extracts it from a decision.</summary>
    public static ReplayedDecision Of(Decision decision)
    {
        var i = decision.Intervention;
        return new(i.Id, i.StoreId, i.CartId, i.Campaign, i.Action, i.Reasons.Score, decision.At);
    }
}
