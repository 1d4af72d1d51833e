using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Backtest;

/// <summary>What is kept of a decision in order to compare it.</summary>
/// <param name="Id">Its idempotency key: the same cart, campaign and moment.</param>
/// <param name="Store">The store.</param>
/// <param name="Cart">The cart, as the shop names it.</param>
/// <param name="Campaign">Whose rule decided.</param>
/// <param name="Action">What was offered.</param>
/// <param name="Score">The model's probability, 0–1.</param>
/// <param name="At">When, in event time: milliseconds since 1970 UTC.</param>
public sealed record ReplayedDecision(string Id, string Store, string Cart, string Campaign, ActionKind Action, double Score, long At)
{
    /// <summary>That of a decision.</summary>
    public static ReplayedDecision Of(Decision decision)
    {
        var i = decision.Intervention;
        return new(i.Id, i.StoreId, i.CartId, i.Campaign, i.Action, i.Reasons.Score, decision.At);
    }
}
