using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>How a customer or a cart's shopper can be reached.</summary>
/// <param name="Recipient">The addresses.</param>
/// <param name="Zone">The IANA time zone; <see langword="null"/> if unknown.</param>
/// <param name="Email">The standing of who named the e-mail address; <see langword="null"/> if it was not recorded then.</param>
/// <param name="Phone">Of who named the phone number.</param>
/// <param name="Push">Of who named the push token.</param>
/// <param name="Network">A key of the network that the addresses came from; 0 if unknown.</param>
public sealed record Contact(Recipient Recipient, string? Zone, Standing? Email, Standing? Phone, Standing? Push, long Network)
{
    /// <summary>Returns the standing of who named the address of a kind; <see langword="null"/> if it was not recorded.</summary>
    public Standing? StandingOf(AddressKind kind) => kind switch
    {
        AddressKind.Email => Email,
        AddressKind.Phone => Phone,
        _ => Push,
    };
}
