namespace CartRecovery.Host.Api.Analytics;

/// <summary>Orders after a click or a view of a message, verified by the shop, net of refunds.</summary>
/// <param name="Revenue">The value of the orders.</param>
/// <param name="Orders">The number of orders.</param>
sealed record AttributedResponse(decimal Revenue, long Orders);
