using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Insights;

/// <summary>Counts missing and implausible values in a store's events. Not thread-safe.</summary>
/// <param name="products">Bounds the products that are counted.</param>
public sealed class StoreQuality(ProductAllowance products)
{
    // Clocks of servers and shoppers differ by this much: an event is not from the future.
    const long Tolerance = 5_000;

    // An event that arrives more than this after it happened (ms) is late.
    const long Late = 3_600_000;

    /// <summary>The checks, by name.</summary>
    public const string WithoutUser = "without_user", WithoutPrice = "without_price", WithoutCurrency = "without_currency", UnknownProduct = "unknown_product", LateEvents = "late",
        FutureEvents = "future", ClampedEvents = "clamped", AddressIds = "address_ids";

    readonly Dictionary<ulong, long> _products = [];
    long _withoutUser, _priced, _withoutPrice, _withPrice, _withoutCurrency, _late, _future, _clamped, _addressIds;

    /// <summary>The number of events.</summary>
    public long Events { get; private set; }

    /// <summary>When the last event was received (ms since 1970 UTC); 0 for none.</summary>
    public long LastAt { get; private set; }

    /// <summary>The number of events of each product, by its key.</summary>
    public IReadOnlyDictionary<ulong, long> Products => _products;

    /// <summary>Counts an event.</summary>
    /// <param name="record">The event.</param>
    /// <param name="receivedAt">When it was received (ms since 1970 UTC).</param>
    /// <param name="hasAddressId">Whether an id of it is an e-mail address or a telephone number.</param>
    public void Add(in EventRecord record, long receivedAt, bool hasAddressId = false)
    {
        Events++;
        _addressIds += hasAddressId ? 1 : 0;
        LastAt = Math.Max(LastAt, receivedAt);
        _withoutUser += record.UserLength == 0 ? 1 : 0;
        var hasPrice = (record.Flags & EventFlags.HasPrice) != 0;
        if (record.Type is EventType.AddToCart or EventType.Purchase && (record.Details & EventDetails.HasLines) == 0)
        {
            _priced++;
            _withoutPrice += hasPrice ? 0 : 1;
        }

        if (hasPrice)
        {
            _withPrice++;
            _withoutCurrency += record.Currency == 0 ? 1 : 0;
        }

        _late += receivedAt - record.Timestamp > Late ? 1 : 0;
        _future += record.Timestamp - receivedAt > Tolerance ? 1 : 0;
        _clamped += (record.Flags & EventFlags.Clamped) != 0 ? 1 : 0;
        if (record.Product != 0 && (_products.ContainsKey(record.Product) || products.TryTake()))
        {
            _products[record.Product] = _products.GetValueOrDefault(record.Product) + 1;
        }
    }

    /// <summary>Returns for each check the number of failing events, and of checked ones.</summary>
    /// <param name="unknown">The products that the shop has not described; <see langword="null"/> if it describes none, so that the check does not apply.</param>
    public IEnumerable<(string Check, long Count, long Of)> Checks(IReadOnlySet<ulong>? unknown)
    {
        yield return (WithoutUser, _withoutUser, Events);
        yield return (WithoutPrice, _withoutPrice, _priced);
        yield return (WithoutCurrency, _withoutCurrency, _withPrice);
        if (unknown is not null)
        {
            yield return (UnknownProduct, _products.Where(product => unknown.Contains(product.Key)).Sum(product => product.Value), _products.Values.Sum());
        }

        yield return (LateEvents, _late, Events);
        yield return (FutureEvents, _future, Events);
        yield return (ClampedEvents, _clamped, Events);
        yield return (AddressIds, _addressIds, Events);
    }
}
