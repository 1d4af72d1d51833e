using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.State.Customers;

/// <summary>An event that changes a customer's history.</summary>
/// <param name="Type">Its type.</param>
/// <param name="At">Its time.</param>
/// <param name="Amount">Its amount, in the store's currency.</param>
/// <param name="IsForeign">Whether its amount is in another currency, and does not count.</param>
/// <param name="Order">The key of the order it names; 0 for none.</param>
public readonly record struct CustomerInput(EventType Type, long At, long Amount, bool IsForeign, ulong Order)
{
    /// <summary>Reads an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="currency">The store's currency.</param>
    public static CustomerInput Of(in EventRecord e, EventSlab slab, uint currency) => new(
        e.Type, e.Timestamp, e.Amount, e.Currency != 0 && e.Currency != currency && !slab.PredatesCurrencies,
        slab.PredatesCurrencies ? 0 : (e.Flags & EventFlags.ChangesNoCart) != 0 ? e.CartSecret : OrderId.KeyOf(slab.PlainMetaOf(e)));
}
