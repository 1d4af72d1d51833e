using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Whom lots are drawn for. A signed-in customer is one shopper on every device; one who was in a campaign as an anonymous shopper and signs in then
/// stays the same.
/// </summary>
/// <param name="store">What is known of customers.</param>
sealed class IdentityResolver(JourneyStore store)
{
    /// <summary>The key of a customer, by the ids that the shop uses; none for an anonymous shopper.</summary>
    public static Hash128 CustomerOf(string storeId, string? userId) =>
        userId is null ? default : EventKeys.CustomerOf(EventKeys.SeedOf(Encoding.UTF8.GetBytes(storeId)), Encoding.UTF8.GetBytes(userId));

    /// <summary>The key of a customer in one cart alone: who signs in next on the same device is another one.</summary>
    public static Hash128 InCart(in Hash128 cart, in Hash128 customer) => new(cart.Low ^ customer.Low, cart.High ^ customer.High);

    /// <summary>Whom lots are drawn for; what it says once for a customer it says for good.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="customer">The customer's key; none for an anonymous shopper.</param>
    public Hash128 SubjectOf(in Hash128 cart, in Hash128 customer)
    {
        if (customer == default)
        {
            return store.Journeys.SubjectOfCart(cart) ?? cart;
        }

        if (store.Customers.SubjectOf(customer) is { } known)
        {
            return known;
        }

        // Nobody but an anonymous shopper has the cart's own key; of those who sign in on a device the first was that shopper.
        if (!store.Journeys.HasSubject(cart) || store.Journeys.SubjectOfCart(cart) != cart || store.Journeys.HasSubject(customer) || store.Customers.IsJoined(cart))
        {
            return customer;
        }

        store.Customers.Join(customer, cart);
        return cart;
    }
}
