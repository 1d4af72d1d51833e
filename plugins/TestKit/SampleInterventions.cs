using System.Globalization;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>Creates interventions for tests. Their addresses are reserved for examples and reach nobody.</summary>
public static class SampleInterventions
{
    /// <summary>Returns the intervention with this number: a reminder, a discount or an urgency, with every kind of address.</summary>
    public static Intervention Create(int number) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"iv_{number:x32}"),
        StoreId = "sample",
        CartId = string.Create(CultureInfo.InvariantCulture, $"cart-{number}"),
        Campaign = "sample",
        Channel = "sample",
        Action = (ActionKind)(number % 3),
        DiscountPercent = number % 3 == (int)ActionKind.Discount ? 10 : null,
        Subject = "Your cart",
        Message = "Your cart is still here",
        Recipient = new Recipient("shopper@example.com", "+15005550006", "sample-push-token"),
        Cart = new CartSummary(1, 19.99m, "USD"),
        Reasons = new DecisionReasons("idle for 30m", 0.25, [], "sample@1"),
        DecidedAt = DateTimeOffset.UnixEpoch,
    };
}
