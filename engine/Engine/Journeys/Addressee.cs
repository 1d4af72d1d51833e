using CartRecovery.Contracts;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Engine.Journeys;

/// <summary>The recipient of a message.</summary>
/// <param name="Recipient">The address the channel needs; <see langword="null"/> for none.</param>
/// <param name="Attributes">The shopper's attributes.</param>
/// <param name="Zone">The shopper's time zone, or else the store's.</param>
/// <param name="ShowsClaims">Whether the message may show what a browser said.</param>
public sealed record Addressee(Recipient? Recipient, CustomerAttributes Attributes, TimeZoneInfo Zone, bool ShowsClaims);
