using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>
/// Builds the training set of the purchase model: after every event of a cart until its first purchase, the feature row as the engine
/// would compute it, labelled by whether a purchase followed. Uses the engine's own decoder and fold, so that training matches serving.
/// </summary>
public static class PurchaseTrainingSet
{
    /// <summary>
    /// The features of the default model: those that a log of views, additions and purchases can teach. Times of day and the customer's
    /// history are excluded, because the log covers three hours of one night. Further price and product features worsened the
    /// cross-validation.
    /// </summary>
    public static IReadOnlyList<string> Features { get; } =
    [
        "event_count", "session_seconds", "seconds_since_last_event", "last_seen_price", "price_spread", "product_streak", "product_seconds",
        "product_returns", "cart_value", "seconds_since_last_add",
    ];

    /// <summary>The slices of rows reported separately in the model card.</summary>
    public static IReadOnlyList<RowSlice> Slices { get; } =
    [
        new("after 2 events or more", "event_count", 2),
        new("after 3 events or more", "event_count", 3),
        new("after 6 events or more", "event_count", 6),
        new("after an addition to the cart", "seconds_since_last_add", 0),
    ];

    /// <summary>Builds the rows of a log.</summary>
    /// <param name="log">The log.</param>
    /// <param name="features">The columns; <see langword="null"/> for <see cref="Features"/>.</param>
    /// <exception cref="KeyNotFoundException">A feature does not exist.</exception>
    public static TrainingSet From(IReadOnlyList<ShopEvent> log, IReadOnlyList<string>? features = null)
    {
        var vector = new FeatureVector(features ?? Features);
        var clock = new StoreClock(TimeZoneInfo.Utc);
        var decoder = new JsonEventDecoder(new EventRules("learning"u8.ToArray(), 0, IsServer: true, int.MaxValue, long.MaxValue / 2, long.MaxValue / 2));
        var (slab, trends) = (new EventSlab(), new CategoryTrends());
        var carts = new Dictionary<string, CartRecord>(StringComparer.Ordinal);
        var customers = new Dictionary<string, CustomerHistory>(StringComparer.Ordinal);
        var users = new Dictionary<string, int>(StringComparer.Ordinal);
        var firstPurchases = FirstPurchases(log);

        var rows = new List<float>();
        var labels = new List<byte>();
        var groups = new List<int>();
        var times = new List<long>();
        var row = new float[vector.Count];
        foreach (var e in log)
        {
            slab.Reset();
            Decode(decoder, e, slab);
            ref var record = ref slab.Records[0];
            if (Popularity.KeyOf(Encoding.UTF8.GetBytes(e.Category), record.Store) is not 0 and var category)
            {
                trends.Count(ref record, category, e.At);
            }

            ref var customer = ref CollectionsMarshal.GetValueRefOrAddDefault(customers, e.User, out _);
            customer.Fold(CustomerInput.Of(record, slab, CurrencyCode.Parse("USD")));
            ref var cart = ref CollectionsMarshal.GetValueRefOrAddDefault(carts, e.Session, out _);
            CartFold.Apply(ref cart, record, slab, CurrencyCode.Parse("USD"));
            cart.History = customer;

            var purchasedAt = firstPurchases.GetValueOrDefault(e.Session, int.MaxValue);
            if (e.Number >= purchasedAt)
            {
                continue;
            }

            vector.Fill(cart, clock.At(e.At), row);
            rows.AddRange(row);
            labels.Add(purchasedAt == int.MaxValue ? (byte)0 : (byte)1);
            users.TryAdd(e.User, users.Count);
            groups.Add(users[e.User]);
            times.Add(e.At);
        }

        return new TrainingSet(vector.Names, [.. rows], [.. labels], [.. groups], [.. times]);
    }

    static Dictionary<string, int> FirstPurchases(IReadOnlyList<ShopEvent> log)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var e in log.Where(e => e.Type == "purchase"))
        {
            first.TryAdd(e.Session, e.Number);
        }

        return first;
    }

    static void Decode(JsonEventDecoder decoder, ShopEvent e, EventSlab slab)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            e.WriteTo(writer, e.At);
        }

        var problem = decoder.Decode(json.WrittenSpan, e.At);
        if (problem.IsError)
        {
            throw new FormatException($"event {e.Number}: {problem.Message}");
        }

        decoder.AppendTo(slab, json.WrittenSpan);
    }
}
