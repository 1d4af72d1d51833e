using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Customers;

/// <summary>A customer's consent to a channel, or refusal.</summary>
/// <param name="Channel">email, sms or push.</param>
/// <param name="Granted">Whether the customer agrees to messages.</param>
/// <param name="ExpiresAt">When a granted consent expires; never if absent.</param>
/// <param name="Purpose">The purpose, as proof.</param>
/// <param name="TextVersion">The version of the text that was shown, as proof.</param>
/// <param name="Source">The source, as proof.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record UserConsent(string? Channel, bool? Granted, DateTimeOffset? ExpiresAt = null, string? Purpose = null, string? TextVersion = null, string? Source = null);
