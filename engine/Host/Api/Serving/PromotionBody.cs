using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Serving;

/// <summary>Why a canary becomes the champion.</summary>
/// <param name="Why">The reason; at most 300 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record PromotionBody(string? Why = null);
