using CartRecovery.Contracts;

namespace CartRecovery.Engine.Messages;

/// <summary>The values available to a message.</summary>
/// <param name="StoreId">The store's id.</param>
/// <param name="CartId">The cart's id as the shop writes it.</param>
/// <param name="Cart">The cart's state.</param>
/// <param name="DiscountPercent">The discount in percent; <see langword="null"/> for none.</param>
public sealed record MessageValues(string StoreId, string CartId, CartSummary Cart, double? DiscountPercent)
{
    /// <summary>The store's name; <see langword="null"/> to use its id.</summary>
    public string? StoreName { get; init; }

    /// <summary>Kind of offer.</summary>
    public ActionKind Action { get; init; }

    /// <summary>Coupon code.</summary>
    public string? Code { get; init; }

    /// <summary>Signed links.</summary>
    public InterventionLinks? Links { get; init; }

    /// <summary>Products in the cart.</summary>
    public IReadOnlyList<MessageLine>? Lines { get; init; }

    /// <summary>The shopper's id; <see langword="null"/> for an anonymous shopper.</summary>
    public string? CustomerId { get; init; }

    /// <summary>Address that the message is sent to, if it needs one.</summary>
    public Recipient? Recipient { get; init; }

    /// <summary>Attributes set by <c>identify</c> events.</summary>
    public CustomerAttributes Attributes { get; init; } = CustomerAttributes.None;

    /// <summary>Time of rendering, the value of <c>"now"</c>.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Zone in which dates are shown.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;
}

/// <summary>A product in a cart.</summary>
/// <param name="Name">Its name; its id if the shop gave none.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Value">The total price of the units.</param>
/// <param name="Url">The product page.</param>
/// <param name="Image">The picture's address.</param>
public readonly record struct MessageLine(string Name, int Quantity, decimal Value, string? Url, string? Image)
{
    /// <summary>Price per unit.</summary>
    public decimal Price => Quantity > 1 ? decimal.Round(Value / Quantity, 4) : Value;
}
