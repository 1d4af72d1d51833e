using CartRecovery.Contracts;
using CartRecovery.Primitives;

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

    /// <summary>How amounts are written.</summary>
    public MoneyLocale Locale { get; init; } = MoneyLocale.Default;

    /// <summary>Zone in which dates are shown.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;
}

/// <summary>A product in a cart.</summary>
/// <param name="Name">Its name; its id if the shop gave none.</param>
/// <param name="Quantity">Units; up to three decimals.</param>
/// <param name="Value">The total price of the units.</param>
/// <param name="Url">The product page.</param>
/// <param name="Image">The picture's address.</param>
public readonly record struct MessageLine(string Name, decimal Quantity, decimal Value, string? Url, string? Image)
{
    /// <summary>The product's id as sent by the shop; <see langword="null"/> if it is not known.</summary>
    public string? ProductId { get; init; }

    /// <summary>The variant; <see langword="null"/> for none.</summary>
    public string? Variant { get; init; }

    /// <summary>The ISO 4217 code of <see cref="Value"/>; empty for the cart's.</summary>
    public string Currency { get; init; } = "";

    /// <summary>Whether that is not the cart's.</summary>
    public bool IsForeign { get; init; }

    /// <summary>How its amounts are written.</summary>
    public MoneyLocale Locale { get; init; } = MoneyLocale.Default;

    /// <summary>Price per unit.</summary>
    public decimal Price => Quantity is 0 or 1 ? Value : decimal.Round(Value / Quantity, 4);
}
