using System.Text.Json;

namespace CartRecovery.Host.Api.Flags;

/// <summary>A request to evaluate flags.</summary>
/// <param name="Context">The evaluation context: `targetingKey` is the customer's id, or another text that tells subjects apart; `cartId`
/// names the cart; other members are attributes.</param>
sealed record OfrepRequest(JsonElement? Context);
