using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Segments;

/// <summary>The carts of a store that a sample has. Filled on the workers, one after the other; all it needs is allocated before.</summary>
/// <param name="store">The store.</param>
/// <param name="segment">The segment; <see langword="null"/> if nobody is in it.</param>
/// <param name="moment">When features are computed.</param>
/// <param name="capacity">How many carts it has, at most.</param>
sealed class SegmentSample(Store store, CampaignSegment? segment, FeatureMoment moment, int capacity)
{
    readonly HashSet<Hash128> _seen = new(capacity);

    /// <summary>The partition whose carts follow.</summary>
    public int Partition { get; set; }

    /// <summary>The carts: partition, customer (the empty key for somebody who is not signed in), and whether the conditions on the cart hold.</summary>
    public List<(int Partition, Hash128 Customer, bool Matches)> Carts { get; } = new(capacity);

    /// <summary>Adds a cart of the store. One that changed during the scan is visited again, and counts once.</summary>
    public void Add(Hash128 key, in CartRecord cart)
    {
        if (cart.Store == store.Number && Carts.Count < capacity && _seen.Add(key))
        {
            Carts.Add((Partition, cart.UserLength == 0 || cart.UserStanding == Standing.Claimed ? default : store.Ids.CustomerOf(cart.UserId),
                segment is not null && Condition.AllHold(segment.OfCart, cart, moment)));
        }
    }
}
