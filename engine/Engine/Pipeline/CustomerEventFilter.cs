using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline;

/// <summary>Collects a partition's customer events. Costs one comparison per event while nobody consumes them.</summary>
/// <param name="isAsked"><see langword="true"/> if a consumer takes customer events.</param>
sealed class CustomerEventFilter(bool isAsked)
{
    readonly ulong[] _products = isAsked ? new ulong[4096] : [];

    /// <summary>Collected events in order; the caller removes them.</summary>
    public EntryBuilder CustomerEvents { get; } = new();

    /// <summary>
    /// Collects the event if it is a customer event: it concerns a customer, is a campaign's goal, adds a product that is new here, or has items.
    /// </summary>
    public void Collect(in EventRecord e, EventSlab slab, CampaignSet campaigns, ulong network, in CartRecord cart)
    {
        if (isAsked && (campaigns.IsGoal(e.Type) || IsCustomerEvent(e)))
        {
            CustomerEventCodec.Write(CustomerEvents.Output, e, slab, network, cart.Currency);
            CustomerEvents.EndRecord();
        }
    }

    /// <summary>Collects an event that is about a customer and no cart.</summary>
    public void CollectWithoutCart(in EventRecord e, EventSlab slab, ulong network)
    {
        if (isAsked)
        {
            CustomerEventCodec.Write(CustomerEvents.Output, e, slab, network, cartCurrency: 0);
            CustomerEvents.EndRecord();
        }
    }

    // The items of a line say what it is: they go to the journeys each time, which only events with items pay.
    bool IsCustomerEvent(in EventRecord e) => e.Type switch
    {
        EventType.AddToCart => (e.Details & EventDetails.NamesProducts) != 0 || IsNew(e.Product),
        var type when (e.Details & EventDetails.NamesProducts) != 0 && EventTypes.Has(type, EventTraits.TellsCart) => true,
        var type => EventTypes.Has(type, EventTraits.ConcernsCustomer),
    };

    // The table forgets products over time, so a product counts as new again now and then.
    bool IsNew(ulong product)
    {
        ref var published = ref _products[product % (ulong)_products.Length];
        var isNew = published != product;
        published = product;
        return isNew;
    }
}
