using CartRecovery.Engine.Events;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Goes some events ahead of the fold through a slab, and asks for the memory that it will need: first the stores' buckets, then the carts'
/// records. Memory answers in the time of a few events; what is asked for much earlier would push other things out of the nearest cache.
/// </summary>
readonly struct SlabPrefetcher(
    RecordStore<CartRecord, CartInput, CartUpdate> carts, RecordStore<CustomerRecord, EventRecord, CustomerUpdate> customers)
{
    const int Records = 8;
    const int Buckets = 2 * Records;

    // What an event changes and the features read: up to the cart's lines. Beyond them it is compared who is signed in.
    const int CartLines = 6;

    /// <summary>Asks for what the first events need.</summary>
    public void Begin(EventSlab slab)
    {
        for (var i = 0; i < Math.Min(Buckets, slab.Count); i++)
        {
            AskForBuckets(slab.Records[i]);
        }
    }

    /// <summary>Asks for what is needed some events behind the one at <paramref name="index"/>, which is folded next.</summary>
    public void MoveTo(EventSlab slab, int index)
    {
        if (index + Buckets < slab.Count)
        {
            AskForBuckets(slab.Records[index + Buckets]);
        }

        if (index + Records < slab.Count)
        {
            ref readonly var soon = ref slab.Records[index + Records];
            carts.PrefetchRecord(soon.Cart, CartLines, soon.UserLength != 0 ? CartRecord.UserOffset : 0);
            if (soon.UserLength != 0)
            {
                customers.PrefetchRecord(soon.Customer, lines: 1);
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
