using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.State.Customers;

/// <summary>An event that changes a customer's history.</summary>
/// <param name="Type">Its type.</param>
/// <param name="At">Its time.</param>
/// <param name="Amount">Its amount, in the store's currency.</param>
/// <param name="IsForeign">Whether its amount is in another currency, and does not count.</param>
/// <param name="Order">The key of the order it names; 0 for none.</param>
/// <param name="IsLine">Whether the amount is that of one product of the order.</param>
/// <param name="IsWhole">Whether it is of the whole order: a refund that names no amount and no product.</param>
/// <param name="NamesCurrency">Whether it names its currency.</param>
public readonly record struct CustomerInput(EventType Type, long At, long Amount, bool IsForeign, ulong Order, bool IsLine = false, bool IsWhole = false, bool NamesCurrency = true)
{
    /// <summary>Reads an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="currency">The store's currency.</param>
    public static CustomerInput Of(in EventRecord e, EventSlab slab, uint currency)
    {
        var namesProduct = e.Product != 0 || (e.Details & EventDetails.NamesProducts) != 0;
        return new(
            e.Type, e.Timestamp, e.Amount, e.Currency != 0 && e.Currency != currency && !slab.PredatesCurrencies,
            slab.PredatesCurrencies ? 0 : (e.Flags & EventFlags.ChangesNoCart) != 0 ? e.CartSecret : OrderId.KeyOf(slab.PlainMetaOf(e)),
            IsLine: e.Product != 0 && (e.Details & (EventDetails.IsTotal | EventDetails.NamesProducts)) == 0,
            IsWhole: !namesProduct && (e.Flags & EventFlags.HasPrice) == 0,
            NamesCurrency: e.Currency != 0 || slab.PredatesCurrencies);
    }
}
