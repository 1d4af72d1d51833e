using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Pipeline;

/// <summary>Picks the events of a partition that matter beyond their carts. While nobody asks for them it costs a comparison an event.</summary>
/// <param name="isAsked">Somebody takes them.</param>
sealed class CustomerEventFilter(bool isAsked)
{
    readonly ulong[] _products = isAsked ? new ulong[4096] : [];

    /// <summary>What was picked and not yet taken from here, in order.</summary>
    public List<CustomerEvent> CustomerEvents { get; } = [];

    /// <summary>Picks an event if it is one.</summary>
    public void Look(in EventRecord e, EventSlab slab, CampaignSet campaigns)
    {
        if (isAsked && (campaigns.IsGoal(e.Type) || (e.Type == EventType.AddToCart ? IsNew(e.Product) : EventTypes.Has(e.Type, EventTraits.ConcernsCustomer))))
        {
            CustomerEvents.Add(CustomerEvent.Of(e, slab));
        }
    }

    // A product is a fact when it is put into a cart for the first time, or for the first time in a while.
    bool IsNew(ulong product)
    {
        ref var told = ref _products[product % (ulong)_products.Length];
        var isNew = told != product;
        told = product;
        return isNew;
    }
}
