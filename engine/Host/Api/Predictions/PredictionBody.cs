namespace CartRecovery.Host.Api.Predictions;

/// <summary>What to score: a cart, or features.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="Features">Values by feature name; absent ones take the model's baseline.</param>
sealed record PredictionBody(string? CartId = null, IReadOnlyDictionary<string, float>? Features = null);

/// <summary>What to score.</summary>
/// <param name="Items">Carts or features; at most 256.</param>
sealed record PredictionBatchBody(IReadOnlyList<PredictionBody> Items);
