using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Batches;

/// <summary>
/// Prefetches the memory the fold will need, some events ahead: first the events, which another processor wrote, then the stores' buckets,
/// then the carts' records. Memory answers within a few events; prefetching much earlier would evict other data from the L1 cache.
/// </summary>
readonly struct SlabPrefetcher(
    RecordStore<CartRecord, CartInput, CartUpdate> carts, RecordStore<CustomerRecord, CustomerInput, CustomerUpdate> customers)
{
    const int Records = 8;
    const int Buckets = 2 * Records;
    const int Events = 3 * Records;

    // What an event changes and the features read: up to the cart's lines. A snapshot also reads what precedes them, and the user id
    // beyond them is compared.
    const int CartLines = 6;

    // A record with its key is longer than a line.
    const int CustomerLines = 2;

    /// <summary>Prefetches for the first events.</summary>
    public void Begin(EventSlab slab)
    {
        for (var i = 0; i < Math.Min(Buckets, slab.Count); i++)
        {
            AskForBuckets(slab.Records[i]);
        }
    }

    /// <summary>Prefetches for the event some positions after <paramref name="index"/>, which is folded next.</summary>
    public void MoveTo(EventSlab slab, int index)
    {
        // The search for duplicates has loaded an event's first line; the others follow.
        if (index + Events < slab.Count)
        {
            ref readonly var later = ref slab.Records[index + Events];
            CacheLine.Prefetch(in later.Price);
            CacheLine.Prefetch(in later.Details);
        }

        if (index + Buckets < slab.Count)
        {
            AskForBuckets(slab.Records[index + Buckets]);
        }

        if (index + Records < slab.Count)
        {
            ref readonly var soon = ref slab.Records[index + Records];
            // A server's event is no bot's, whatever its rhythm; an event with a product tells its category.
            carts.PrefetchRecord(soon.Cart, CartLines, (
                soon.Standing != Standing.Server ? CartRecord.BotOffset : 0,
                soon.UserLength != 0 ? CartRecord.UserOffset : 0,
                soon.Product != 0 ? CartRecord.CategoryOffset : 0));
            if (soon.UserLength != 0)
            {
                customers.PrefetchRecord(soon.Customer, CustomerLines);
            }
        }
    }

    void AskForBuckets(in EventRecord e)
    {
        carts.PrefetchBucket(e.Cart);
        if (e.UserLength != 0)
        {
            customers.PrefetchBucket(e.Customer);
        }
    }
}
