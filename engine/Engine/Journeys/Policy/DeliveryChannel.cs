using CartRecovery.Contracts;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>A delivery channel.</summary>
/// <param name="Name"><c>socket</c>, or the name of a sink.</param>
/// <param name="Address">The kind of address it needs.</param>
public sealed record DeliveryChannel(string Name, AddressKind Address)
{
    /// <summary>
    /// <see langword="true"/> if it reaches a person who is not on the site, so that consent, quiet hours and business hours apply.
    /// </summary>
    public bool IsMessage => Address != AddressKind.None;
}
