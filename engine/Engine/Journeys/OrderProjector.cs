using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Applies orders, refunds and cancellations: ends reminders, and counts orders of shoppers with a journey. An order that names its id counts
/// once per store, for as long as orders are kept, and what is left of it is never below 0.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="identities">Resolves subjects.</param>
/// <param name="sender">Ends journeys.</param>
sealed class OrderProjector(JourneyStore store, IdentityResolver identities, MessageSender sender)
{
    // By how much a clock may be slow, or a message delayed (ms).
    const long MaxSkew = 10 * 60_000;

    /// <summary>Applies an order. One that was told before, with another event, is edited.</summary>
    public void Purchase(JourneyOptions options, CustomerEvent e, string storeId, long now)
    {
        var customer = CustomerEventProjector.ActsFor(e);
        if (customer != default)
        {
            store.Customers.SetPurchased(customer, TimeOf(e));
        }

        MarkAddresses(e, storeId);
        var subject = identities.SubjectOf(e.Cart, customer);
        var order = OrderKey.Of(e);
        if (order.IsNamed && !store.Orders.TryAdd(storeId, order.Text, e.Id, e.At))
        {
            Edit(options, e, storeId, order);
        }
        else if (store.Journeys.LatestOf(subject, storeId, e.At, e.ReceivedAt) is { } journey && e.At - journey.LastTriggeredAt <= options.OutcomeWindow)
        {
            var touch = store.Messages.TouchOf(subject, storeId, TimeOf(e) - options.ClickWindow, TimeOf(e) - options.ViewWindow, TimeOf(e));
            store.Conversions.Add(e, storeId, subject, e.Amount, new OrderRow(journey.Id, touch?.Id, touch?.Kind, order.Text, CurrencyOf(options, e)));
        }

        // A purchase, in this cart or another, ends the reminders for all of the shopper's carts. A browser's word ends those of its cart.
        foreach (var active in store.Journeys.ActiveOf(subject, CustomerEventProjector.ScopeOf(e)))
        {
            if (active.IsBefore(e))
            {
                sender.Exit(active.Id, WithheldReason.Purchased, now);
            }
        }
    }

    /// <summary>
    /// Applies a refund of an order: the one that it names, or else the cart's latest. At most what is left of the order is refunded; without an
    /// amount, all of it.
    /// </summary>
    public void Refund(JourneyOptions options, CustomerEvent e, string storeId)
    {
        if (Find(e, storeId) is { } order && !store.Conversions.Has(e) && (e.Amount == CustomerEvent.Whole || CurrencyOf(options, e) == order.Currency))
        {
            Refund(e, storeId, order, e.Amount == CustomerEvent.Whole ? long.MaxValue : e.Amount);
        }
    }

    /// <summary>Applies a cancellation of an order: the one that it names, or else the cart's latest.</summary>
    public void Cancel(CustomerEvent e, string storeId)
    {
        if (Find(e, storeId) is { } order && !store.Conversions.Has(e))
        {
            Refund(e, storeId, order, long.MaxValue);
        }
    }

    /// <summary>
    /// Records that whoever is reached at an address has bought, when the addresses of a cart or a customer become known after the order.
    /// </summary>
    public void MarkAddresses(CustomerEvent e, string storeId, in Hash128 owner, Recipient recipient)
    {
        if (Math.Max(store.Customers.PurchasedAt(owner), store.Customers.PurchasedAt(e.Cart)) is > 0 and var at)
        {
            foreach (var key in store.Addresses.AllOf(storeId, recipient).Where(key => key != default))
            {
                store.Customers.SetPurchased(key, at);
            }
        }
    }

    // The time of an order among what the engine's own clock dates, as clicks: the receipt, unless the order is that late that its date is meant.
    static long TimeOf(CustomerEvent e) => e.ReceivedAt - e.At is > 0 and <= MaxSkew ? e.ReceivedAt : e.At;

    // An address is an identity: whoever has just bought under it is not reminded there, whatever cart and customer it was.
    void MarkAddresses(CustomerEvent e, string storeId)
    {
        if (CustomerEventProjector.ActsFor(e) == default)
        {
            // A guest's address may become known after the order: then the cart tells of it, as the customer does of theirs.
            store.Customers.SetPurchased(e.Cart, TimeOf(e));
        }

        foreach (var owner in new[] { CustomerEventProjector.OwnerOf(e), e.Cart }.Distinct())
        {
            foreach (var key in store.Addresses.AllOf(storeId, store.Customers.ContactOf(owner)?.Recipient).Where(key => key != default))
            {
                store.Customers.SetPurchased(key, TimeOf(e));
            }
        }
    }

    // Of an order that is told by several events, one for each product, each is a line; else the latest event has the whole.
    void Edit(JourneyOptions options, CustomerEvent e, string storeId, OrderKey order)
    {
        if (store.Conversions.OrderOf(storeId, order.Text) is not { } known || store.Conversions.Has(e))
        {
            return;
        }

        if (e.Product != 0 && store.Conversions.HasOtherLines(storeId, order.Text, e.Product))
        {
            store.Conversions.Add(e, storeId, known.Subject, e.Amount, known with { Currency = CurrencyOf(options, e) });
        }
        else
        {
            var refunded = -store.Conversions.RefundedOf(storeId, order.Text);
            store.Conversions.Edit(storeId, order.Text, e.Product, Math.Max(e.Amount, refunded), CurrencyOf(options, e));
        }
    }

    void Refund(CustomerEvent e, string storeId, OrderRow order, long amount)
    {
        var left = store.Conversions.ValueOf(storeId, order.Order);
        if (Math.Min(amount, left) is > 0 and var refunded)
        {
            store.Conversions.Add(e, storeId, order.Subject, -refunded, order);
        }
    }

    OrderRow? Find(CustomerEvent e, string storeId) =>
        OrderKey.Of(e) is { IsNamed: true } order ? store.Conversions.OrderOf(storeId, order.Text) : store.Conversions.OrderBefore(e.Cart, e.At, e.Standing == Standing.Server);

    static string CurrencyOf(JourneyOptions options, CustomerEvent e) =>
        e.Currency == 0 ? options.Stores[e.Store].Currency : CurrencyCode.ToString(e.Currency);
}
