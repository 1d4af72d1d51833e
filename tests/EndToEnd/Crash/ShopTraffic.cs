namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>
/// Generates one client's events from a seed: regulars with two carts each, one-time visitors, and carts abandoned after a view, some of
/// which are viewed again much later.
/// </summary>
sealed class ShopTraffic(int client, int seed)
{
    const int Regulars = 30, Products = 5;

    static readonly (string Type, int Share)[] s_types =
    [
        ("view_item", 30), ("page_view", 15), ("add_to_cart", 25), ("remove_from_cart", 10), ("begin_checkout", 8), ("add_shipping_info", 4),
        ("add_payment_info", 3), ("purchase", 5),
    ];

    readonly Random _random = new(seed);
    readonly Queue<string> _left = [];
    int _passers;
    string? _looksAround;
    long _looksAt;

    public ShopModel Model { get; } = new();

    /// <summary>Generates the next event.</summary>
    /// <param name="now">The wall clock in milliseconds since 1970.</param>
    /// <param name="acked">The number of acknowledged events.</param>
    public ShopEvent Next(long now, int acked)
    {
        var e = Make(now, acked);
        Model.Add(e);
        return e;
    }

    ShopEvent Make(long now, int acked)
    {
        // An abandoned cart gets all its views at one moment, so it is never idle in between.
        if (_looksAround is { } cart)
        {
            _looksAround = null;
            return New("view_cart", cart, _looksAt);
        }

        switch (_random.Next(100))
        {
            case < 25:
                return New("view_item", $"c{client}-passer{_passers++}", now) with { Product = "p0", Price = PriceOf(0) };
            case < 32:
                _looksAround = $"c{client}-left{_passers++}";
                _looksAt = now;
                _left.Enqueue(_looksAround);
                return New("view_cart", _looksAround, now);
            case < 36 when _left.TryPeek(out var left) && Model.LastAt(left) < now - (3 * ShopModel.Idle) && IsAcked(left, acked):
                // Only an acknowledged event is certain to have gone idle before this one.
                return New("view_cart", _left.Dequeue(), now);
            default:
                return Regular(now);
        }
    }

    bool IsAcked(string cart, int acked) => Model.CountOf(cart, acked) == Model.CountOf(cart, int.MaxValue);

    ShopEvent Regular(long now)
    {
        var regular = _random.Next(Regulars);
        var e = New(Type(), $"c{client}-cart{regular}", now) with { User = $"c{client}-user{regular / 2}" };
        var product = _random.Next(Products);
        return e.Type switch
        {
            "view_item" => e with { Product = $"p{product}", Price = PriceOf(product) },
            "add_to_cart" => e with { Product = $"p{product}", Price = PriceOf(product), Quantity = _random.Next(1, 4) },
            "remove_from_cart" => e with { Product = $"p{product}", Quantity = _random.Next(1, 4) },
            "purchase" => e with { Price = _random.Next(100, 100_000) },
            _ => e,
        };
    }

    ShopEvent New(string type, string cart, long at) => new(Model.Events.Count, $"c{client}-e{Model.Events.Count}", type, cart, at);

    static long PriceOf(int product) => 199 + (product * 1237);

    string Type()
    {
        var number = _random.Next(s_types.Sum(type => type.Share));
        foreach (var (type, share) in s_types)
        {
            if (number < share)
            {
                return type;
            }

            number -= share;
        }

        throw new InvalidOperationException("the shares do not add up to the total");
    }
}
