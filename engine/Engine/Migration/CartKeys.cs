using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
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
    // Sessions have 64-bit keys; this marks them among the others.
    const ulong Session = ulong.MaxValue;

    // Most events name what one shortly before has named.
    const int MaxRecent = 1 << 18;

    readonly HashSet<(Hash128 Cart, Hash128 Customer, ulong Session)> _recent = [];

    /// <summary>Sets the present keys of a cart. Its owner's session is found if a text or an event of the journals named it.</summary>
    /// <returns>The cart's present key.</returns>
    public Hash128 Apply(in Hash128 key, ref CartRecord cart)
    {
        var present = Note(key, cart.Store, cart.CartId, cart.UserId);
        if (cart.SessionLength > 0)
        {
            NoteSession(cart.Store, cart.SessionId);
            cart.Session = stores[cart.Store].Ids.SessionOf(cart.SessionId);
        }

        cart.OwnerSession = map.Find(new Hash128(cart.OwnerSession, Session))?.Low ?? cart.OwnerSession;
        return present;
    }

    /// <summary>Notes the keys of an event.</summary>
    /// <param name="e">The event with its present keys.</param>
    /// <param name="slab">The slab that contains it.</param>
    public void Note(in EventRecord e, EventSlab slab)
    {
        if (!_recent.Add((e.Cart, e.Customer, e.Session)))
        {
            return;
        }

        if (_recent.Count > MaxRecent)
        {
            _recent.Clear();
        }

        var cart = slab.CartOf(e);
        Note(former[e.Store].Ids.CartOf(cart), e.Store, cart, slab.UserOf(e));
        if (e.SessionLength > 0)
        {
            NoteSession(e.Store, slab.SessionOf(e));
        }
    }

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

    void NoteSession(int store, ReadOnlySpan<byte> session) =>
        map.Add(new Hash128(former[store].Ids.SessionOf(session), Session), new Hash128(stores[store].Ids.SessionOf(session), Session));

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
