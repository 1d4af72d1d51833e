using CartRecovery.Contracts;

namespace CartRecovery.Engine.Messages;

/// <summary>What a message may show.</summary>
/// <param name="StoreId">The store's id.</param>
/// <param name="CartId">The cart, as the shop names it.</param>
/// <param name="Cart">Its contents in numbers.</param>
/// <param name="DiscountPercent">Percent off; <see langword="null"/> without a discount.</param>
public sealed record MessageValues(string StoreId, string CartId, CartSummary Cart, double? DiscountPercent)
{
    /// <summary>The store's name; <see langword="null"/> to show its id.</summary>
    public string? StoreName { get; init; }

    /// <summary>The kind of offer.</summary>
    public ActionKind Action { get; init; }

    /// <summary>The coupon's code.</summary>
    public string? Code { get; init; }

    /// <summary>Signed links.</summary>
    public InterventionLinks? Links { get; init; }

    /// <summary>The products in the cart.</summary>
    public IReadOnlyList<MessageLine>? Lines { get; init; }

    /// <summary>The shopper's id; <see langword="null"/> for an anonymous shopper.</summary>
    public string? CustomerId { get; init; }

    /// <summary>The one address that the message goes to, if it needs one.</summary>
    public Recipient? Recipient { get; init; }

    /// <summary>What <c>identify</c> events said of the shopper.</summary>
    public CustomerAttributes Attributes { get; init; } = CustomerAttributes.None;

    /// <summary>The time of rendering, which <c>"now"</c> stands for.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>The zone that dates are shown in.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;
}

/// <summary>A product in a cart.</summary>
/// <param name="Name">What it is called; its id where the shop did not say.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Value">What they cost together.</param>
/// <param name="Url">Its page.</param>
/// <param name="Image">Its picture.</param>
public readonly record struct MessageLine(string Name, int Quantity, decimal Value, string? Url, string? Image)
{
    /// <summary>What one unit costs.</summary>
    public decimal Price => Quantity > 1 ? decimal.Round(Value / Quantity, 4) : Value;
}
