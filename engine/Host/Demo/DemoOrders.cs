using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Demo;

/// <summary>What came of an order.</summary>
/// <param name="Id">The order's number, made by the page, so that an order that is sent twice counts once.</param>
/// <param name="Total">What was paid.</param>
/// <param name="Discount">What the offer took off.</param>
sealed record DemoOrder(string Id, decimal Total, decimal Discount);

/// <summary>
/// The part of the demo shop that stands on a shop's server: it knows the prices, gives the discounts that the engine decided and no others,
/// and tells the engine of purchases with a secret key, so that they count as verified.
/// </summary>
sealed class DemoOrders
{
    /// <summary>The most lines in an order, units in a line, and characters in its number.</summary>
    public const int MostLines = 50, MostUnits = 99, LongestId = 40;

    // Carts with an offer, orders taken: the oldest would be the first to go, and a demo does not get there.
    const int MostKept = 10_000;

    readonly EngineHost _host;
    readonly Store _store;
    readonly DemoCatalogue _catalogue;
    readonly ConcurrentDictionary<string, (string Id, double Percent)> _offers = new(StringComparer.Ordinal);
    readonly Dictionary<string, DemoOrder> _orders = new(StringComparer.Ordinal);
    readonly SemaphoreSlim _one = new(1);

    public DemoOrders(EngineHost host, Store store, DemoCatalogue catalogue)
    {
        _host = host;
        _store = store;
        _catalogue = catalogue;
        host.Journeys.OnDecided += Note;
    }

    /// <summary>Takes an order: prices it, and sends its purchases through the engine's front door.</summary>
    /// <param name="body">The order as the page sends it.</param>
    /// <param name="cancellationToken">The shopper is gone.</param>
    /// <returns>The order, or why there is none.</returns>
    public async Task<(DemoOrder? Order, Problem? Problem)> TakeAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (!Basket.TryRead(body, _catalogue, out var basket))
        {
            return (null, new Problem(400, "invalid_order", "An order has an orderId, a cartId, a sessionId and items of the catalogue."));
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_orders.TryGetValue(basket.OrderId, out var known))
            {
                return (known, null);
            }

            var percent = basket.Offer is { } offer && _offers.TryGetValue(basket.CartId, out var given) && given.Id == offer ? given.Percent : 0;
            var order = Write(basket, (decimal)percent, out var events);
            var source = new RequestSource(_host.Ingest, new StoreKey(_store, KeyKind.Secret, LoopbackOnly: false, []));
            source.Router.BeginRead();
            source.Router.TakeJson(events.Span);
            await source.Router.SubmitAsync(cancellationToken);
            if (!await source.WaitAsync(cancellationToken) || source.Rejected.Count > 0)
            {
                return (null, new Problem(503, "order_not_taken", "The engine did not take the purchase; send the order again."));
            }

            if (_orders.Count == MostKept)
            {
                _orders.Clear();
            }

            _orders.Add(order.Id, order);
            return (order, null);
        }
        finally
        {
            _one.Release();
        }
    }

    void Note(Intervention intervention)
    {
        if (intervention.StoreId == _store.Id && intervention.DiscountPercent is { } percent)
        {
            if (_offers.Count >= MostKept)
            {
                _offers.Clear();
            }

            _offers[intervention.CartId] = (intervention.Id, percent);
        }
    }

    // A purchase a line; their prices are what was paid.
    DemoOrder Write(Basket basket, decimal percent, out ReadOnlyMemory<byte> events)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(json);
        var at = _host.Partitions.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        decimal total = 0, discount = 0;
        writer.WriteStartArray();
        foreach (var (index, (product, quantity)) in basket.Lines.Index())
        {
            var price = Math.Round(product.Price * (1 - (percent / 100)), 2, MidpointRounding.AwayFromZero);
            var off = (product.Price - price) * quantity;
            total += price * quantity;
            discount += off;
            writer.WriteStartObject();
            writer.WriteString("id"u8, $"{basket.OrderId}-{index + 1}");
            writer.WriteString("type"u8, "purchase"u8);
            writer.WriteString("cartId"u8, basket.CartId);
            writer.WriteString("sessionId"u8, basket.SessionId);
            writer.WriteString("productId"u8, product.Id);
            writer.WriteNumber("quantity"u8, quantity);
            writer.WriteNumber("price"u8, price);
            writer.WriteString("currency"u8, _store.Currency);
            writer.WriteNumber("ts"u8, at);
            writer.WriteStartObject("meta"u8);
            writer.WriteString("orderId"u8, basket.OrderId);
            if (off > 0)
            {
                writer.WriteNumber("discount"u8, off);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        events = json.WrittenMemory;
        return new DemoOrder(basket.OrderId, total, discount);
    }

    /// <summary>An order as the page sends it.</summary>
    sealed record Basket(string OrderId, string CartId, string SessionId, string? Offer, List<(DemoProduct Product, int Quantity)> Lines)
    {
        public static bool TryRead(ReadOnlyMemory<byte> body, DemoCatalogue catalogue, out Basket basket)
        {
            basket = null!;
            try
            {
                using var document = JsonDocument.Parse(body);
                var root = document.RootElement;
                var orderId = root.GetProperty("orderId").GetString();
                var cartId = root.GetProperty("cartId").GetString();
                var sessionId = root.GetProperty("sessionId").GetString();
                var offer = root.TryGetProperty("offer", out var named) ? named.GetString() : null;
                var lines = new List<(DemoProduct, int)>();
                foreach (var item in root.GetProperty("items").EnumerateArray())
                {
                    if (catalogue.Find(item.GetProperty("productId").GetString() ?? "") is not { } product
                        || item.GetProperty("quantity").GetInt32() is not (>= 1 and <= MostUnits and var quantity))
                    {
                        return false;
                    }

                    lines.Add((product, quantity));
                }

                if (orderId is not { Length: > 0 and <= LongestId } || string.IsNullOrEmpty(cartId) || string.IsNullOrEmpty(sessionId)
                    || lines.Count is 0 or > MostLines)
                {
                    return false;
                }

                basket = new Basket(orderId, cartId, sessionId, offer, lines);
                return true;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                return false;
            }
        }
    }
}
