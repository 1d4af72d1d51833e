using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Recipients;

/// <summary>
/// Resolves the subject that experiments assign by. A signed-in customer is one subject on every device; an anonymous shopper who was in a
/// campaign and signs in then keeps their subject.
/// </summary>
/// <param name="store">The store.</param>
sealed class IdentityResolver(JourneyStore store)
{
    /// <summary>Returns the key of a customer in one cart: the next user of the same device has another.</summary>
    public static Hash128 InCart(in Hash128 cart, in Hash128 customer) => Hash128.Join(cart, customer);

    /// <summary>Returns the subject. Once assigned to a customer it never changes.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="customer">The customer's key; empty for an anonymous shopper.</param>
    public Hash128 SubjectOf(in Hash128 cart, in Hash128 customer)
    {
        if (customer == default)
        {
            return store.Journeys.SubjectOfCart(cart) ?? ShopperOf(cart);
        }

        if (store.Customers.SubjectOf(customer) is { } known)
        {
            return known;
        }

        // Only an anonymous shopper has the cart's key as subject; the first customer to sign in on a device is taken to be that shopper.
        var shopper = ShopperOf(cart);
        if (!store.Journeys.HasSubject(shopper) || store.Journeys.SubjectOfCart(cart) != shopper || store.Journeys.HasSubject(customer)
            || store.Customers.IsJoined(shopper, cart))
        {
            return customer;
        }

        store.Customers.Join(customer, shopper);
        return shopper;
    }

    // The key of the cart, or the one it had when its shopper was first assigned.
    Hash128 ShopperOf(in Hash128 cart) => store.Customers.SubjectOf(cart) ?? cart;
}
