namespace CartRecovery.Bench.Baselines;

/// <summary>A straightforward cart: an object with the data that the model's features need.</summary>
sealed class PlainCart
{
    const long SessionGap = 30 * 60 * 1000;

    readonly Dictionary<string, (int Quantity, decimal Value)> _lines = [];
    readonly HashSet<string> _seen = [];
    int _events;
    long _lastAt;
    long _lastGap;
    string? _session;
    long _sessionStartedAt;
    long? _lastAddAt;
    string? _product;
    long _productSince;
    int _productStreak;
    int _productReturns;
    decimal? _lowest;
    decimal _highest;
    decimal _last;

    /// <summary>Products viewed, with repetitions.</summary>
    public int Views { get; private set; }

    /// <summary>Whether the cart is empty.</summary>
    public bool IsEmpty => _lines.Count == 0;

    /// <summary>The time of its last intervention, in milliseconds since 1970.</summary>
    public long? InterventionAt { get; set; }

    /// <summary>Applies an event.</summary>
    public void Apply(PlainEvent e)
    {
        if (_events == 0)
        {
            _lastAt = e.Ts;
        }
        else if (e.Ts > _lastAt)
        {
            _lastGap = e.Ts - _lastAt;
        }

        if (_events == 0 || (e.SessionId is not null ? e.SessionId != _session : _session is null && e.Ts - _lastAt > SessionGap))
        {
            (_session, _sessionStartedAt, _product, _productStreak) = (e.SessionId, e.Ts, null, 0);
        }

        _events++;
        _sessionStartedAt = Math.Min(_sessionStartedAt, e.Ts);
        _lastAt = Math.Max(_lastAt, e.Ts);
        if (e.ProductId is { } product)
        {
            See(product, e.Ts);
        }

        if (e.Price is { } price)
        {
            _lowest = Math.Min(_lowest ?? price, price);
            _highest = Math.Max(_highest, price);
            _last = price;
        }

        switch (e.Type)
        {
            case "view_item":
                Views++;
                break;
            case "add_to_cart":
                _lastAddAt = Math.Max(_lastAddAt ?? 0, e.Ts);
                var line = _lines.GetValueOrDefault(e.ProductId ?? "");
                _lines[e.ProductId ?? ""] = (line.Quantity + (e.Quantity ?? 1), line.Value + (e.Price ?? 0) * (e.Quantity ?? 1));
                break;
            case "remove_from_cart":
                Remove(e.ProductId ?? "", e.Quantity ?? 1);
                break;
            case "purchase":
                _lines.Clear();
                break;
        }
    }

    /// <summary>Computes the model's features at the time of an event.</summary>
    /// <param name="names">The features, in the model's order.</param>
    /// <param name="at">The time, in milliseconds since 1970.</param>
    /// <param name="row">The destination.</param>
    public void Features(IReadOnlyList<string> names, long at, Span<float> row)
    {
        for (var i = 0; i < names.Count; i++)
        {
            row[i] = names[i] switch
            {
                "event_count" => _events,
                "session_seconds" => (_lastAt - _sessionStartedAt) / 1000f,
                "seconds_since_last_event" => (at > _lastAt ? at - _lastAt : _lastGap) / 1000f,
                "last_seen_price" => (float)_last,
                "price_spread" => _highest <= 0 ? 0 : (float)((_highest - _lowest!.Value) / _highest),
                "product_streak" => _productStreak,
                "product_seconds" => _productStreak == 0 ? 0 : (_lastAt - _productSince) / 1000f,
                "product_returns" => _productReturns,
                "cart_value" => (float)_lines.Values.Sum(line => line.Value),
                "seconds_since_last_add" => _lastAddAt is { } added ? Math.Max(0, at - added) / 1000f : -1,
                var other => throw new NotSupportedException($"the plain server does not know the feature '{other}'"),
            };
        }
    }

    void See(string product, long at)
    {
        if (product != _product)
        {
            _productReturns += _seen.Contains(product) ? 1 : 0;
            (_product, _productSince, _productStreak) = (product, at, 0);
        }

        _productSince = Math.Min(_productSince, at);
        _productStreak++;
        _seen.Add(product);
    }

    void Remove(string product, int quantity)
    {
        if (!_lines.TryGetValue(product, out var line))
        {
            return;
        }

        if (quantity >= line.Quantity)
        {
            _lines.Remove(product);
        }
        else
        {
            _lines[product] = (line.Quantity - quantity, line.Value - line.Value * quantity / line.Quantity);
        }
    }
}
