using System.Text;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Migration;

/// <summary>
/// Computes the present keys of records that have former ones, from the texts beside them, and notes both. Records without texts, those of
/// customers, follow once all texts are noted.
/// </summary>
/// <param name="former">The stores with their former hashers.</param>
/// <param name="stores">The stores with their present hashers.</param>
/// <param name="map">Receives the keys.</param>
sealed class CartKeys(StoreTable former, StoreTable stores, KeyMap map)
{
    /// <summary>Sets the present keys of a cart.</summary>
    /// <returns>The cart's present key.</returns>
    public Hash128 Apply(in Hash128 key, ref CartRecord cart)
    {
        var (before, ids) = (former[cart.Store].Ids, stores[cart.Store].Ids);
        var present = Note(key, cart.Store, cart.CartId, cart.UserId);
        if (cart.SessionLength > 0)
        {
            var session = ids.SessionOf(cart.SessionId);
            cart.OwnerSession = cart.OwnerSession == before.SessionOf(cart.SessionId) ? session : cart.OwnerSession;
            cart.Session = session;
        }

        return present;
    }

    /// <summary>Notes the keys of an event.</summary>
    public void Note(int store, ReadOnlySpan<byte> cart, ReadOnlySpan<byte> user) => Note(former[store].Ids.CartOf(cart), store, cart, user);

    /// <summary>Returns the present key of a cart or customer, or <see langword="null"/> if no text named it.</summary>
    public Hash128? Find(in Hash128 key) => map.Find(key);

    /// <summary>Returns a decision with its cart's present key.</summary>
    public Decision Apply(Decision decision)
    {
        var cart = Encoding.UTF8.GetBytes(decision.Intervention.CartId);
        return stores.Find(decision.Intervention.StoreId) is { } store ? decision with { Cart = store.Ids.CartOf(cart) } : decision;
    }

    /// <summary>Returns a customer event with its cart's and customer's present keys.</summary>
    public CustomerEvent Apply(CustomerEvent e) => e with
    {
        Cart = stores[e.Store].Ids.CartOf(Encoding.UTF8.GetBytes(e.CartId)),
        Customer = e.Customer == default ? default : map.Find(e.Customer) ?? e.Customer,
    };

    Hash128 Note(in Hash128 key, int store, ReadOnlySpan<byte> cart, ReadOnlySpan<byte> user)
    {
        var present = stores[store].Ids.CartOf(cart);
        map.Add(key, present);
        if (!user.IsEmpty)
        {
            var (before, customer) = (former[store].Ids.CustomerOf(user), stores[store].Ids.CustomerOf(user));
            map.Add(before, customer);
            map.Add(Hash128.Join(key, before), Hash128.Join(present, customer));
        }

        return present;
    }
}
