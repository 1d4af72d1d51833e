using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>
/// The orders of a cart, for the labels of its rows. The last word on an order counts: an order told again counts once, an edited one with its last value, and a
/// cancelled one not at all. Orders that a browser claims are kept apart. Memory is bounded: of more orders or refunds, the first count.
/// </summary>
sealed class CartOrders
{
    const int MaxOrders = 64, MaxRefunds = 16;

    readonly List<Order> _orders = [];

    /// <summary>Applies an event of an order.</summary>
    /// <param name="e">A purchase, refund or cancellation.</param>
    /// <param name="key">The key of the order that it names; 0 for none.</param>
    /// <param name="currency">The cart's currency; amounts in others do not count.</param>
    /// <param name="session">The number of the cart's session.</param>
    public void Apply(in EventRecord e, ulong key, uint currency, uint session)
    {
        var isConfirmed = e.Standing == Standing.Server;
        var amount = e.Currency == 0 || e.Currency == currency ? Money.ToDecimal(e.Amount) : 0;

        // A refund or a cancellation without an id is of the latest.
        var order = key != 0 ? _orders.Find(order => order.Key == key && order.IsConfirmed == isConfirmed)
            : e.Type == EventType.Purchase ? null : _orders.FindLast(order => order.IsConfirmed == isConfirmed);
        var isLine = e.Product != 0 && (e.Details & (EventDetails.IsTotal | EventDetails.NamesProducts)) == 0;
        switch (e.Type)
        {
            case EventType.Purchase when order is not null:
                order.Edit(amount, isLine);
                break;
            case EventType.Purchase when _orders.Count < MaxOrders:
                _orders.Add(new Order(key, e.Timestamp, session, isConfirmed) { Value = amount, IsTotal = !isLine });
                break;
            case EventType.Refund when order is { Refunds.Count: < MaxRefunds }:
                var isWhole = e.Product == 0 && (e.Details & EventDetails.NamesProducts) == 0 && (e.Flags & EventFlags.HasPrice) == 0;
                order.Refunds.Add((e.Timestamp, isWhole ? null : amount));
                break;
            case EventType.OrderCancelled when order is not null:
                order.IsCancelled = true;
                break;
        }
    }

    /// <summary>Sets the labels of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="until">The end of its horizon (ms since 1970 UTC).</param>
    /// <param name="isConfirmed">Whether orders count that a server reported; otherwise those that browsers claim, and those have no value.</param>
    public void Label(JournalRow row, long until, bool isConfirmed)
    {
        // The time of a late event may be before that of the row: it belongs to an order that came before it.
        foreach (var order in _orders.Where(order => !order.IsCancelled && order.At >= row.At && order.At <= until))
        {
            var (counts, left) = (order.IsConfirmed == isConfirmed, order.IsConfirmed ? order.Value : 0);
            row.Purchased |= counts;
            row.PurchasedInSession |= counts && order.Session == row.Session;
            foreach (var (_, amount) in order.Refunds.Where(refund => refund.At <= until))
            {
                left -= Math.Min(left, amount ?? left);
            }

            row.Value += left;
        }
    }

    sealed record Order(ulong Key, long At, uint Session, bool IsConfirmed)
    {
        public decimal Value { get; set; }

        public bool IsTotal { get; set; }

        public bool IsCancelled { get; set; }

        // Amount: null for all that is left.
        public List<(long At, decimal? Amount)> Refunds { get; } = [];

        // Lines add up. A total outranks them.
        public void Edit(decimal amount, bool isLine)
        {
            if (!IsCancelled && !(isLine && IsTotal))
            {
                (Value, IsTotal) = (isLine ? Value + amount : amount, !isLine);
            }
        }
    }
}
