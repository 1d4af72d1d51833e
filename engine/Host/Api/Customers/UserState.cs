using CartRecovery.Engine.Journeys.Recipients;

namespace CartRecovery.Host.Api.Customers;

/// <summary>What is known of a customer, and how they can be reached.</summary>
/// <param name="Customer">Addresses, zone and attributes; <see langword="null"/> if none were told.</param>
/// <param name="Reach">By e-mail, text message and push notification.</param>
sealed record UserState(KnownCustomer? Customer, ChannelReach[] Reach)
{
    /// <summary>Whether anything is known: a consent alone is something.</summary>
    public bool IsKnown => Customer is not null || Reach.Any(channel => channel.Consent != "none");
}
