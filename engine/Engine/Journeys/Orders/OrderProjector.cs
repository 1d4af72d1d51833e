using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>Applies orders, refunds and cancellations: ends reminders, and counts the orders of shoppers with a journey.</summary>
/// <param name="store">The store.</param>
/// <param name="identities">Resolves subjects.</param>
/// <param name="sender">Ends journeys.</param>
sealed class OrderProjector(JourneyStore store, IdentityResolver identities, MessageSender sender)
{
    readonly OrderBook _book = new(store);

    /// <summary>Records an order, or edits it if another event has reported it.</summary>
    public void Purchase(JourneyOptions options, CustomerEvent e, string storeId, long now)
    {
        var customer = CustomerEventProjector.ActsFor(e);
        if (customer != default)
        {
            store.Customers.SetPurchased(customer, OrderBook.EngineTimeOf(e));
        }

        if (e.Standing != Standing.Claimed && !e.IsShared)
        {
            MarkOrderAddresses(e, storeId);
        }

        var subject = identities.SubjectOf(e.Cart, customer);
        _book.Record(options, e, subject);

        // A purchase, in this cart or another, ends the reminders for all of the shopper's carts. A browser's word ends those of its cart.
        foreach (var active in store.Journeys.ActiveOf(subject, CustomerEventProjector.ScopeOf(e)))
        {
            if (active.StartedBefore(e))
            {
                sender.Exit(active.Id, WithheldReason.Purchased, now);
            }
        }
    }

    /// <summary>Applies a refund or a cancellation of the order that it names, or else of the cart's latest.</summary>
    public void Refund(JourneyOptions options, CustomerEvent e) => _book.Refund(options, e);

    /// <summary>
    /// Records that whoever is reached at an address has bought, when the server names the addresses of a cart or a customer after the order.
    /// </summary>
    public void MarkLateAddresses(CustomerEvent e, string storeId, in Hash128 owner, Recipient recipient)
    {
        if (e.Standing == Standing.Server && Math.Max(store.Customers.PurchasedAt(owner), store.Customers.PurchasedAt(e.Cart)) is > 0 and var at)
        {
            Mark(storeId, recipient, at);
        }
    }

    // An address is an identity: whoever has just bought under it is not reminded there, whatever cart and customer it was. A shopper with a
    // token proves who they are, and not whose addresses they name.
    void MarkOrderAddresses(CustomerEvent e, string storeId)
    {
        var at = OrderBook.EngineTimeOf(e);
        if (CustomerEventProjector.ActsFor(e) == default)
        {
            // A guest's address may become known after the order: then the cart tells of it, as the customer does of theirs.
            store.Customers.SetPurchased(e.Cart, at);
        }

        var owner = CustomerEventProjector.OwnerOf(e);
        MarkAddressesOf(e, storeId, owner, at);
        if (owner != e.Cart)
        {
            MarkAddressesOf(e, storeId, e.Cart, at);
        }
    }

    void MarkAddressesOf(CustomerEvent e, string storeId, in Hash128 owner, long at)
    {
        if (store.Customers.ContactOf(owner) is { } contact)
        {
            Mark(storeId, e.Standing == Standing.Server ? contact.Recipient : new Recipient(
                contact.Email == Standing.Server ? contact.Recipient.Email : null, contact.Phone == Standing.Server ? contact.Recipient.Phone : null,
                contact.Push == Standing.Server ? contact.Recipient.PushToken : null), at);
        }
    }

    void Mark(string storeId, Recipient recipient, long at)
    {
        foreach (var key in store.Addresses.AllOf(storeId, recipient).Where(key => key != default))
        {
            store.Customers.SetPurchased(key, at);
        }
    }
}
