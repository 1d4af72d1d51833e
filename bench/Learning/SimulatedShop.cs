using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Bench.Learning;

/// <summary>
/// A shop whose truth is known: shoppers look at products and fill carts, the engine's own fold and feature table make rows of it, and
/// <see cref="ShopTruth"/> decides what is bought. Deterministic by seed.
/// </summary>
/// <param name="seed">The random seed.</param>
sealed class SimulatedShop(ulong seed)
{
    /// <summary>The first day (ms since 1970 UTC).</summary>
    public static readonly long Begin = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    const int Products = 400;

    static readonly FeatureVector s_features = new(FeatureTable.Names);
    static readonly uint s_currency = CurrencyCode.Parse("EUR");

    readonly SeededRandom _random = new(seed);
    readonly EventSlab _slab = new();
    readonly StoreClock _clock = new(TimeZoneInfo.Utc);
    int _carts;

    /// <summary>Returns the carts of a day, in order of time.</summary>
    /// <param name="day">The day, from 0.</param>
    /// <param name="count">How many.</param>
    /// <param name="truth">What decides.</param>
    public SimulatedCart[] Day(int day, int count, ShopTruth truth)
    {
        var times = new long[count];
        for (var i = 0; i < count; i++)
        {
            times[i] = Begin + (day * TimeSpan.MillisecondsPerDay) + (long)(_random.Unit() * TimeSpan.MillisecondsPerDay);
        }

        Array.Sort(times);
        return Array.ConvertAll(times, at => NewCart(at, truth));
    }

    SimulatedCart NewCart(long at, ShopTruth truth)
    {
        var cart = default(CartRecord);
        var (device, isKnown, views) = (_random.Unit() < 0.55 ? DeviceKind.Mobile : DeviceKind.Desktop, _random.Unit() < 0.3, 1);
        while (views < 12 && _random.Unit() < 0.62)
        {
            views++;
        }

        // Prices are log-normal around 50 (Box and Muller).
        var level = Math.Sqrt(-2 * Math.Log(1 - _random.Unit())) * Math.Cos(2 * Math.PI * _random.Unit());
        var price = Math.Round(50 * Math.Exp(0.8 * level), 2);
        var product = _random.Below(Products);
        for (var view = 0; view < views; view++)
        {
            Fold(ref cart, EventType.ViewItem, at, product, price, device);
            product = _random.Unit() < 0.5 ? product : _random.Below(Products);
            at += 2000 + _random.Below(60_000);
        }

        for (var adds = _random.Unit() < 0.3 ? 1 + _random.Below(2) : 0; adds > 0; adds--)
        {
            Fold(ref cart, EventType.AddToCart, at, product, price, device);
            at += 2000 + _random.Below(30_000);
        }

        if (isKnown)
        {
            cart.UserLength = 1;
            cart.History.Orders = (uint)_random.Below(5);
            cart.History.LastOrderAt = cart.History.Orders == 0 ? 0 : at - ((1 + _random.Below(90)) * TimeSpan.MillisecondsPerDay);
            cart.History.OrderValue = 60 * Money.PerUnit * cart.History.Orders;
        }

        var row = new JournalRow
        {
            Cart = Hash128.Of(BitConverter.GetBytes(++_carts), seed),
            Store = 0,
            At = cart.LastAt,
            ReceivedAt = cart.LastAt,
            IsLabelled = true,
            Features = new float[s_features.Count],
            Session = cart.SessionCount,
            Group = _carts,
        };
        s_features.Fill(cart, _clock.At(cart.LastAt), row.Features);
        var probability = truth.ProbabilityOf(row.Features);
        row.PurchasedInSession = row.Purchased = _random.Unit() < probability;
        return new SimulatedCart(row, probability, price, _random.Unit());
    }

    void Fold(ref CartRecord cart, EventType type, long at, int product, double price, DeviceKind device)
    {
        // Products' keys are hashes; their highest bits choose the bit of a sketch.
        var e = new EventRecord
        {
            Type = type,
            Timestamp = at,
            Product = (ulong)(product + 1) * 0x9E3779B97F4A7C15,
            Price = (long)Math.Round(price * Money.PerUnit),
            Flags = EventFlags.HasPrice | EventFlags.Server,
            Thousandths = Quantity.PerUnit,
            Device = device,
        };
        CartFold.Apply(ref cart, e, _slab, s_currency);
    }
}
