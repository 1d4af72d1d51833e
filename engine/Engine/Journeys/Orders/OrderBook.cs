using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>
/// Keeps the value of orders that count for a journey. An order is its total, which the latest event that names one replaces, or else the sum of
/// its lines, one for each product, of which the latest event counts. What is later is told by the engine's clock. Refunds are stored as they
/// were reported, also before their order, and what they take is computed anew with each change: <see cref="OrderLedger"/>.
/// </summary>
/// <param name="store">The store.</param>
sealed class OrderBook(JourneyStore store)
{
    // Lines of an order, and orders and lines that browsers claim for a journey.
    const int MaxLines = 200, MaxClaims = 20;

    // Of an order that counts for an experiment alone.
    const long NoJourney = 0;

    // By how much a clock may be slow, or a message delayed (ms).
    const long MaxSkew = 10 * 60_000;

    /// <summary>
    /// Returns the time of an order on the engine's clock: its receipt, or the event's time if that is more than 10 minutes older (a late upload).
    /// </summary>
    public static long EngineTimeOf(CustomerEvent e) => e.ReceivedAt - e.At is > 0 and <= MaxSkew ? e.ReceivedAt : e.At;

    /// <summary>Records an order, or edits it if another event has reported it.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="e">The purchase.</param>
    /// <param name="subject">The shopper.</param>
    public void Record(JourneyOptions options, CustomerEvent e, in Hash128 subject)
    {
        var storeId = options.Stores[e.Store].Id;
        var order = OrderKey.Of(e);
        if (e.Standing != Standing.Server)
        {
            Claim(options, e, storeId, subject, order);
        }
        else if (order.IsNamed && !store.Orders.TryAdd(storeId, order.Text, e.Id, e.At))
        {
            Edit(options, e, storeId, store.Conversions.RowsOf(storeId, order.Text));
        }
        else if ((IsExposed(options, e, storeId, order), JourneyOf(options, e, storeId, subject)) is var (isExposed, journey) && (isExposed || journey is not null))
        {
            Add(options, e, storeId, subject, order, journey ?? NoJourney);
        }
    }

    /// <summary>
    /// Records a refund or a cancellation of the order that it names, or else of the cart's latest. Of an order that the server has not reported
    /// yet, it waits.
    /// </summary>
    /// <param name="options">The configuration.</param>
    /// <param name="e">The refund, or the cancellation.</param>
    public void Refund(JourneyOptions options, CustomerEvent e)
    {
        var isWhole = e.Type == EventType.OrderCancelled || e.Amount == CustomerEvent.WholeOrder;
        if (!isWhole && e.Amount <= 0)
        {
            return;
        }

        var (of, key, isVerified) = (options.Stores[e.Store], OrderKey.Of(e), e.Standing == Standing.Server);
        if ((key.IsNamed ? key.Text : store.Conversions.LatestOf(e.Cart, isVerified)) is not { } order)
        {
            return;
        }

        var rows = store.Conversions.RowsOf(of.Id, order);
        if (rows.Count == 0 && (!isVerified || !key.IsNamed || store.Orders.Has(of.Id, order)))
        {
            // An order that counts for no journey.
            return;
        }

        var refund = new Refund(e.Id, e.Cart, e.CartId, e.At, e.ReceivedAt, e.Currency == 0 ? null : CurrencyCode.ToString(e.Currency), isWhole ? null : e.Amount,
            isWhole && e.Type == EventType.Refund ? OrderLines.OfRefund(e, of.Ids) : []);
        if (store.Refunds.TryAdd(of.Id, order, refund) && rows.Count > 0)
        {
            ApplyRefunds(of.Id, order);
        }
    }

    // A browser's orders count apart, and only where there is a journey: nobody fills a table with orders that nobody contacted.
    void Claim(JourneyOptions options, CustomerEvent e, string storeId, in Hash128 subject, OrderKey order)
    {
        if (JourneyOf(options, e, storeId, subject) is not { } journey)
        {
            return;
        }

        if (order.IsNamed && store.Conversions.RowsOf(storeId, order.Text) is { Count: > 0 } rows)
        {
            Edit(options, e, storeId, rows);
        }
        else if (!store.Conversions.HasClaims(journey, MaxClaims))
        {
            Add(options, e, storeId, subject, order, journey);
        }
    }

    // Experiments know a shopper by the customer's id, or by the cart's before the shopper signs in.
    bool IsExposed(JourneyOptions options, CustomerEvent e, string storeId, OrderKey order)
    {
        var ofCart = options.Stores[e.Store].Ids.CustomerOf(Encoding.UTF8.GetBytes(e.CartId));
        return store.Exposures.NoteOrder(storeId, e.Customer == default ? [ofCart] : [e.Customer, ofCart], order.Text, EngineTimeOf(e));
    }

    long? JourneyOf(JourneyOptions options, CustomerEvent e, string storeId, in Hash128 subject) =>
        store.Journeys.LatestOf(subject, storeId, e.At, e.ReceivedAt) is { } journey && e.At - journey.LastTriggeredAt <= options.OutcomeWindow ? journey.Id : null;

    void Add(JourneyOptions options, CustomerEvent e, string storeId, in Hash128 subject, OrderKey order, long journey)
    {
        var at = EngineTimeOf(e);
        var touch = store.Messages.TouchOf(subject, storeId, at - options.ClickWindow, at - options.ViewWindow, at);
        var currency = e.Currency != 0 ? e.Currency : e.CartCurrency;
        store.Conversions.Add(e, storeId, Update(options, e, new OrderRow(
            journey, touch?.Id, touch?.Kind, order.Text, currency == 0 ? options.Stores[e.Store].Currency : CurrencyCode.ToString(currency))
        { Subject = subject }));
        if (!store.Refunds.IsEmpty)
        {
            ApplyRefunds(storeId, order.Text);
        }
    }

    // A total outranks lines, whichever comes first: they say what it is made of.
    void Edit(JourneyOptions options, CustomerEvent e, string storeId, List<OrderRow> rows)
    {
        if (rows.Count == 0 || store.Conversions.Has(e))
        {
            return;
        }

        var total = rows.Find(row => row.Product == 0);
        var isLine = e.Product != 0 && !e.IsWholeOrder;
        var row = isLine ? rows.Find(row => row.Product == e.Product) : total ?? rows[0];
        if (isLine ? total is not null || row?.ReceivedAt > e.ReceivedAt : total?.ReceivedAt > e.ReceivedAt)
        {
            return;
        }

        // Without a currency, that of the order.
        var told = Update(options, e, (row ?? rows[0]) with { Currency = e.Currency == 0 ? (row ?? rows[0]).Currency : CurrencyCode.ToString(e.Currency) });
        if (row is not null)
        {
            store.Conversions.Edit(told);
        }
        else if (rows.Count < (e.Standing == Standing.Server ? MaxLines : MaxClaims))
        {
            store.Conversions.Add(e, storeId, told);
        }

        if (!isLine)
        {
            store.Conversions.KeepOnly(storeId, told.Order, told);
        }

        ApplyRefunds(storeId, told.Order);
    }

    static OrderRow Update(JourneyOptions options, CustomerEvent e, OrderRow row) => row with
    {
        Value = e.Amount,
        Product = e.IsWholeOrder ? 0 : e.Product,
        ReceivedAt = e.ReceivedAt,
        Lines = OrderLines.OfOrder(e, options.Stores[e.Store].Ids),
    };

    void ApplyRefunds(string storeId, string order)
    {
        if (store.Refunds.Of(storeId, order) is { Count: > 0 } refunds && store.Conversions.RowsOf(storeId, order) is { Count: > 0 } rows)
        {
            store.Conversions.SetRefunds(storeId, rows, new OrderLedger(rows, refunds));
        }
    }
}
