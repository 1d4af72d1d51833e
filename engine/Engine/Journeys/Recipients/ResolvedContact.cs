using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys.Recipients;

/// <summary>How a shopper can be reached over a channel.</summary>
/// <param name="Recipient">The addresses.</param>
/// <param name="Zone">The time zone; <see langword="null"/> if unknown.</param>
/// <param name="Consent">The consent that applies to the address; <see langword="null"/> for none.</param>
/// <param name="Standing">The standing of the sender that named the addresses.</param>
/// <param name="Network">The network that named them; 0 if unknown.</param>
sealed record ResolvedContact(Recipient Recipient, TimeZoneInfo? Zone, Consent? Consent, Standing Standing, long Network)
{
    /// <summary>A shopper who needs no address.</summary>
    public static ResolvedContact None { get; } = new(new Recipient(), null, null, Standing.Server, 0);
}
