using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Customers;

/// <summary>What a customer said about a channel.</summary>
/// <param name="Channel">email, sms or push.</param>
/// <param name="Granted">Whether messages are agreed to.</param>
/// <param name="ExpiresAt">When a granted consent ends; never if absent.</param>
/// <param name="Purpose">What it is for, as proof.</param>
/// <param name="TextVersion">The version of the text that was shown, as proof.</param>
/// <param name="Source">Where it was given, as proof.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record UserConsent(string? Channel, bool? Granted, DateTimeOffset? ExpiresAt = null, string? Purpose = null, string? TextVersion = null, string? Source = null);
