namespace CartRecovery.Host.Api.Commerce;

/// <summary>A product to put into a cart.</summary>
/// <param name="CartId">The cart, or its masked id.</param>
/// <param name="ProductId">The product.</param>
/// <param name="Price">The unit price.</param>
/// <param name="Quantity">The quantity; 1 if absent.</param>
/// <param name="Currency">ISO 4217; the currency of the cart's content if absent.</param>
/// <param name="Name">The product's name.</param>
/// <param name="Variant">The product's variant, which has a line of its own.</param>
/// <param name="UserId">The customer.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Id">Your id of the request. Repeated requests with it have no effect.</param>
sealed record CartItemBody(
    string? CartId = null, string? ProductId = null, decimal? Price = null, decimal? Quantity = null, string? Currency = null, string? Name = null, string? Variant = null,
    string? UserId = null, string? SessionId = null, string? Id = null);
