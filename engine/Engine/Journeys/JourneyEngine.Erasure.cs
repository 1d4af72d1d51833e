using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys;

/// <content>The erasure of people.</content>
public sealed partial class JourneyEngine
{
    /// <summary>Returns the addresses that a person gave, in whatever cart.</summary>
    public IReadOnlyList<string> AddressesOf(Person person) => [.. person.Owners.Select(owner => _store.Customers.ContactOf(owner)).OfType<Contact>()
        .SelectMany(contact => new[] { contact.Recipient.Email, contact.Recipient.Phone, contact.Recipient.PushToken }).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <inheritdoc cref="PersonEraser.Erase"/>
    public (IReadOnlyDictionary<string, long> Counts, IReadOnlyList<string> Unsent) Erase(Person person, PersonRows rows, bool keepsAmounts)
    {
        foreach (var cart in person.CartKeys)
        {
            _ports.ForgetShopper(cart);
        }

        return new PersonEraser(_store).Erase(person, rows, keepsAmounts);
    }
}
