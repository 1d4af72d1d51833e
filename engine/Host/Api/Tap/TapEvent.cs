namespace CartRecovery.Host.Api.Tap;

/// <summary>An event as it came in. Personal data is masked or left out.</summary>
/// <param name="Type">The type.</param>
/// <param name="CartId">The masked id of the cart, which is the same in every answer.</param>
/// <param name="UserId">The masked id of the customer, if known.</param>
/// <param name="ProductId">The product.</param>
/// <param name="Quantity">The quantity.</param>
/// <param name="Price">The price or value, if the event has one.</param>
/// <param name="Currency">The currency.</param>
/// <param name="Ts">When it happened.</param>
/// <param name="ReceivedAt">When it was received.</param>
sealed record TapEvent(
    string Type, string? CartId, string? UserId, string? ProductId, decimal Quantity, decimal? Price, string? Currency, DateTime Ts, DateTime ReceivedAt);

/// <summary>Events that came in since the former answer.</summary>
/// <param name="Events">The events, by partition in order.</param>
/// <param name="Next">The cursor of the next request.</param>
/// <param name="SkippedBytes">Bytes of the journals that were skipped because more came in than an answer has.</param>
sealed record TapPage(IReadOnlyList<TapEvent> Events, string Next, long SkippedBytes);
