using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Resolves the subject that experiments assign by. A signed-in customer is one subject on every device; an anonymous shopper who was in a
/// campaign and signs in then keeps their subject.
/// </summary>
/// <param name="store">The store.</param>
sealed class IdentityResolver(JourneyStore store)
{
    /// <summary>Returns a customer's key from the shop's ids; empty for an anonymous shopper.</summary>
    public static Hash128 CustomerOf(string storeId, string? userId) =>
        userId is null ? default : EventKeys.CustomerOf(EventKeys.SeedOf(Encoding.UTF8.GetBytes(storeId)), Encoding.UTF8.GetBytes(userId));

    /// <summary>Returns the key of a customer in one cart: the next user of the same device has another.</summary>
    public static Hash128 InCart(in Hash128 cart, in Hash128 customer) => new(cart.Low ^ customer.Low, cart.High ^ customer.High);

    /// <summary>Returns the subject. Once assigned to a customer it never changes.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="customer">The customer's key; empty for an anonymous shopper.</param>
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

        // Only an anonymous shopper has the cart's key as subject; the first customer to sign in on a device is taken to be that shopper.
        if (!store.Journeys.HasSubject(cart) || store.Journeys.SubjectOfCart(cart) != cart || store.Journeys.HasSubject(customer) || store.Customers.IsJoined(cart))
        {
            return customer;
        }

        store.Customers.Join(customer, cart);
        return cart;
    }
}
