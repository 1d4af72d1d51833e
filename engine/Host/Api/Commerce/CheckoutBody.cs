namespace CartRecovery.Host.Api.Commerce;

/// <summary>A step of a checkout.</summary>
/// <param name="CartId">The cart, or its masked id.</param>
/// <param name="Step">begin, shipping or payment; begin if absent.</param>
/// <param name="UserId">The customer.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Id">Your id of the request. Repeated requests with it have no effect.</param>
sealed record CheckoutBody(string? CartId = null, string? Step = null, string? UserId = null, string? SessionId = null, string? Id = null);
