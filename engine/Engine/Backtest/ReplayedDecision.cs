using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Primitives;

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
    /// <summary>The cart's key.</summary>
    public Hash128 Key { get; init; }

    /// <summary>The channel of the first message.</summary>
    public string Channel { get; init; } = "";

    /// <summary>Its discount in percent; <see langword="null"/> for none.</summary>
    public double? Percent { get; init; }

    /// <summary>The customer, if a server or a user token said so; <see langword="null"/> otherwise.</summary>
    public string? Customer { get; init; }

    /// <summary>Whether the cart counts as a bot's, whose shopper is not contacted.</summary>
    public bool IsBot { get; init; }

    /// <summary>The cart's value.</summary>
    public decimal Value { get; init; }

    /// <summary>Its currency.</summary>
    public string Currency { get; init; } = "";

    /// <summary>Extracts it from a decision.</summary>
    public static ReplayedDecision Of(Decision decision)
    {
        var i = decision.Intervention;
        return new(i.Id, i.StoreId, i.CartId, i.Campaign, i.Action, i.Reasons.Score, decision.At)
        {
            Key = decision.Cart,
            Channel = i.Channel,
            Percent = i.DiscountPercent,
            Customer = decision.UserStanding == Standing.Claimed || decision.Bot != BotEvidence.None ? null : i.UserId,
            IsBot = decision.Bot != BotEvidence.None,
            Value = i.Cart.Value,
            Currency = i.Cart.Currency,
        };
    }
}
