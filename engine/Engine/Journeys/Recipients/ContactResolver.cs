using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Messages;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Recipients;

/// <summary>
/// Resolves how a shopper can be reached. Precedence: customer data from a server, then from a browser in this cart, then the cart's own. A
/// claimed customer has the last two alone.
/// </summary>
/// <param name="customers">The customers.</param>
sealed class ContactResolver(CustomerTables customers)
{
    // Customers name their time zones, so there may be many that do not exist.
    const int MaxZones = 1024;

    readonly Dictionary<string, TimeZoneInfo?> _zones = new(StringComparer.Ordinal);

    /// <summary>Returns how a shopper can be reached.</summary>
    /// <param name="shopper">The shopper.</param>
    /// <param name="address">The kind of address.</param>
    public ResolvedContact Of(in Shopper shopper, AddressKind address)
    {
        if (address == AddressKind.None)
        {
            return ResolvedContact.None;
        }

        var isProven = shopper.Proven != default;
        var owners = OwnersOf(shopper);
        var contacts = Array.ConvertAll(owners, owner => customers.ContactOf(owner));
        var said = Array.ConvertAll(owners, owner => customers.ConsentOf(owner, address));
        var at = Array.FindIndex(contacts, contact => contact is not null && contact.Recipient != new Recipient());
        var zone = ZoneOf(Array.Find(contacts, contact => contact?.Zone is not null)?.Zone);
        // A denial applies unless the customer has agreed since; a browser's consent does not apply to an address from a server.
        var agreedAt = isProven && said[0] is { Granted: true } agreed ? agreed.At : long.MinValue;
        var consent = Array.Find(said, word => word is { Granted: false } denial && denial.At > agreedAt) ?? DenialOf(shopper.Customer, address)
            ?? (isProven && at == 0 ? said[0] : Array.Find(said[(isProven ? 1 : 0)..], word => word is not null));
        return at < 0 ? new ResolvedContact(new Recipient(), zone, consent, Standing.Claimed, 0)
            : new ResolvedContact(contacts[at]!.Recipient, zone, consent,
                contacts[at]!.StandingOf(address) ?? (isProven && at == 0 ? Standing.Server : Standing.Claimed),
                contacts[at]!.Network);
    }

    /// <summary>
    /// Returns the shopper's attributes: in the order of precedence, up to the owner of the address that is used, because a browser cannot
    /// put text into a message to an address that came from a server.
    /// </summary>
    public CustomerAttributes AttributesOf(in Shopper shopper, AddressKind address)
    {
        foreach (var owner in OwnersOf(shopper))
        {
            if (customers.AttributesOf(owner) is { } said)
            {
                return CustomerAttributes.Read(said);
            }

            if (address != AddressKind.None && customers.ContactOf(owner) is { } contact && contact.Recipient != new Recipient())
            {
                break;
            }
        }

        return CustomerAttributes.None;
    }

    /// <summary>Returns whose data a shopper has, in the order of precedence.</summary>
    public static Hash128[] OwnersOf(in Shopper shopper) => shopper.Customer == default ? [shopper.Cart]
        : shopper.Standing == Standing.Claimed ? [IdentityResolver.InCart(shopper.Cart, shopper.Customer), shopper.Cart]
        : [shopper.Customer, IdentityResolver.InCart(shopper.Cart, shopper.Customer), shopper.Cart];

    // Applies to claimed customers too; it affects only this cart.
    Consent? DenialOf(in Hash128 customer, AddressKind address) =>
        customers.ConsentOf(customer, address) is { Granted: false } denial ? denial : null;

    TimeZoneInfo? ZoneOf(string? name)
    {
        if (name is null)
        {
            return null;
        }

        if (!_zones.TryGetValue(name, out var zone))
        {
            zone = TimeZones.TryFind(name, out var found) ? found : null;
            if (_zones.Count == MaxZones)
            {
                _zones.Clear();
            }

            _zones[name] = zone;
        }

        return zone;
    }
}
