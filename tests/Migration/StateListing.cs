using System.Globalization;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Tests.Migration;

/// <summary>Lists a partition's state as text: independent of the records' layout, so that listings of two versions compare.</summary>
static class StateListing
{
    /// <summary>Lists the clock, the carts and the customers.</summary>
    /// <param name="partition">The partition's number.</param>
    /// <param name="state">The state.</param>
    /// <param name="names">The ids of carts and users.</param>
    /// <param name="ids">Derives their keys; null for keys without a secret.</param>
    public static IEnumerable<string> Of(int partition, PartitionState state, IReadOnlyList<string> names, IdHasher? ids = null)
    {
        ids ??= new IdHasher("demo"u8);
        yield return Text($"{partition} now={state.Stages.Now} timers={state.Stages.Timers} ids={state.Dedup.Count}");
        foreach (var id in names)
        {
            if (state.Stages.Find(ids.CartOf(Encoding.UTF8.GetBytes(id))) is { } cart)
            {
                yield return Text($"{partition} cart {id}: {Of(cart)}");
            }
        }

        foreach (var id in names)
        {
            if (state.Stages.FindCustomer(ids.CustomerOf(Encoding.UTF8.GetBytes(id))) is { } customer)
            {
                yield return Text($"{partition} customer {id}: {Of(customer.History)}");
            }
        }
    }

    static string Of(in CartRecord c)
    {
        var text = new StringBuilder();
        Add(text, $"id={Encoding.UTF8.GetString(c.CartId)} user={Encoding.UTF8.GetString(c.UserId)} session={Encoding.UTF8.GetString(c.SessionId)}");
        Add(text, $"first={c.FirstAt} last={c.LastAt} gap={c.LastGap} sessionAt={c.SessionStartedAt} sessionKey={c.Session} owner={c.OwnerSession}");
        Add(text, $"added={c.LastAddAt} purchased={c.PurchasedAt} timer={c.TimerAt} idle={c.IdleDoneAt} intervened={c.LastInterventionAt}");
        if (c.ConditionalAt != 0)
        {
            Add(text, $"conditional={c.Conditional}@{c.ConditionalAt}");
        }

        Add(text, $"connection={c.ConnectionId} sketch={c.ProductSketch} product={c.LastProduct} since={c.ProductSince}");
        Add(text, $"sum={c.PriceSum} lowest={c.PriceLowest} highest={c.PriceHighest} price={c.PriceLast} value={c.Value} history=({Of(c.History)})");
        Add(text, $"items={c.ItemCount} prices={c.PriceCount} streak={c.ProductStreak} returns={c.ProductReturns} events={c.EventCount}");
        Add(text, $"sessionEvents={c.SessionEvents} sessions={c.SessionCount} currency={c.Currency} store={c.Store} checkout={(int)c.Checkout}");
        Add(text, $"device={(int)c.Device} source={(int)c.Source} lines={c.LineCount}");
        foreach (var row in EventTypes.All.Where(row => (int)row.Type <= (int)EventType.Complained))
        {
            Add(text, $"{row.Name}={c.CountOf(row.Type)}");
        }

        for (var i = 0; i < CartLines.Capacity; i++)
        {
            Add(text, $"({Of(c.Lines[i])})");
        }

        Add(text, $"others=({Of(c.Others)})");
        return text.ToString();
    }

    static string Of(in CartLine line) => Text($"{line.Product} {line.Value} {line.Quantity}");

    static string Of(in CustomerHistory c) => Text($"{c.OrderValue} {c.LastOrderAt} {c.Orders} {c.DiscountedOrders} {c.CouponPending} {c.Refunds}");

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static void Add(StringBuilder text, FormattableString part) => text.Append(Text(part)).Append(' ');
}
