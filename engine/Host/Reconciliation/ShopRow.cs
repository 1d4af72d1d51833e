using System.Text.Json.Serialization;

namespace CartRecovery.Host.Reconciliation;

/// <summary>An order or a cart of a shop's list.</summary>
/// <param name="OrderId">The order; null for a cart.</param>
/// <param name="CartId">The cart.</param>
/// <param name="Value">The value, net of refunds.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Status">placed or cancelled; null if absent.</param>
/// <param name="UserId">The customer.</param>
/// <param name="At">When the order was placed.</param>
/// <param name="ItemCount">The number of units in the cart.</param>
sealed record ShopRow(
    string? OrderId = null, string? CartId = null, decimal? Value = null, string? Currency = null, string? Status = null, string? UserId = null, DateTimeOffset? At = null,
    decimal? ItemCount = null)
{
    /// <summary>The line in the list, from 1.</summary>
    [JsonIgnore]
    public int Line { get; init; }

    /// <summary>The reason why the row is invalid; <see langword="null"/> if it is valid.</summary>
    [JsonIgnore]
    public string? Problem => string.IsNullOrEmpty(OrderId) && string.IsNullOrEmpty(CartId) ? "orderId or cartId: required"
        : OrderId is { Length: > 256 } || CartId is { Length: > 256 } || UserId is { Length: > 256 } ? "an id has at most 256 characters"
        : OrderId is { Length: > 0 } order && Engine.Events.Identity.OrderId.IsPlaceholder(order) ? "orderId: a placeholder, not an id"
        : Value < 0 ? "value: expected a number that is not negative"
        : Currency is not null && Primitives.CurrencyCode.Parse(Currency) == 0 ? "currency: expected an ISO 4217 code"
        : Status is not (null or "placed" or "cancelled") ? "status: expected placed or cancelled" : null;
}
