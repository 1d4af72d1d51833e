using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Orders;

/// <summary>Tells a journey engine of orders, and reads what is left of them.</summary>
sealed class OrderTeller(JourneyFixture shop)
{
    int _events;

    /// <summary>Sends an event.</summary>
    public void Tell(EventType type, string? order, decimal? amount, string? currency = null, ulong product = 0, bool isWhole = false, string meta = "", string cart = "c1",
        string? user = "u1", long? at = null, long? receivedAt = null, Standing standing = Standing.Server, int thousandths = Quantity.PerUnit, string? cartCurrency = null)
    {
        var fields = string.Join(',', new[] { order is null ? "" : $"\"orderId\":\"{order}\"", meta }.Where(text => text.Length > 0));
        shop.It.ApplyEvent(new CustomerEvent
        {
            Type = type,
            Id = Hash128.Of(BitConverter.GetBytes(++_events), seed: 17),
            Cart = Cart(cart),
            Customer = Customer(user),
            Store = 0,
            CartId = cart,
            At = at ?? shop.Now,
            ReceivedAt = receivedAt ?? shop.Now,
            Amount = amount is { } value ? (long)(value * Money.PerUnit) : type == EventType.Refund ? CustomerEvent.WholeOrder : 0,
            Currency = currency is null ? 0 : CurrencyCode.Parse(currency),
            CartCurrency = cartCurrency is null ? 0 : CurrencyCode.Parse(cartCurrency),
            Product = product,
            Thousandths = thousandths,
            IsWholeOrder = isWhole,
            Standing = standing,
            Meta = Encoding.UTF8.GetBytes($"{{{fields}}}"),
        }, shop.Now);
        shop.Now += 1000;
    }

    /// <summary>What is left of an order: each currency and amount.</summary>
    public string Left(string? order = null)
    {
        using var query = new Query(shop.It.Store.Database, "SELECT currency, sum(value) FROM conversion WHERE ?1 IS NULL OR order_id=?1 GROUP BY currency ORDER BY currency");
        var found = new List<string>();
        for (query.Rows.With(order is null ? null : $"o:{order}"); query.Rows.Next();)
        {
            found.Add($"{query.Rows.Text(0)} {Money.ToDecimal(query.Rows.Long(1)).ToString("0.####", System.Globalization.CultureInfo.InvariantCulture)}");
        }

        return string.Join(", ", found);
    }
}
