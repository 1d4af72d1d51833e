using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>
/// Computes what refunds take of an order, in each currency at most what the order is worth in it. The order's present rows and all its refunds
/// decide, so that the sum is the same whether a refund arrives before its order, after it, or before an edit.
/// </summary>
sealed class OrderLedger
{
    readonly Dictionary<string, long> _left = new(StringComparer.Ordinal);
    readonly List<(string Currency, OrderLine Line)> _lines = [];
    readonly List<RefundShare> _shares = [];
    readonly string _currency;

    /// <summary>Applies refunds to an order.</summary>
    /// <param name="rows">The order's rows, at least one.</param>
    /// <param name="refunds">Its refunds, in the order of receipt.</param>
    public OrderLedger(IReadOnlyList<OrderRow> rows, IEnumerable<Refund> refunds)
    {
        _currency = rows[0].Currency;
        foreach (var row in rows)
        {
            _left[row.Currency] = Money.Add(_left.GetValueOrDefault(row.Currency), row.Value);
            _lines.AddRange(row.Lines.Where(line => line.Amount is not null).Select(line => (row.Currency, line)));
        }

        foreach (var refund in refunds)
        {
            Apply(refund);
        }
    }

    /// <summary>What each refund takes.</summary>
    public IReadOnlyList<RefundShare> Shares => _shares;

    /// <summary>Returns what is left of the order in a currency.</summary>
    public long LeftIn(string currency) => _left.GetValueOrDefault(currency);

    void Apply(Refund refund)
    {
        var first = _shares.Count;
        if (refund.Amount is { } amount)
        {
            Take(refund, first, refund.Currency ?? _currency, amount);
        }
        else if (refund.IsWhole)
        {
            foreach (var (currency, left) in _left.ToArray())
            {
                Take(refund, first, currency, left);
            }
        }

        foreach (var line in refund.Lines)
        {
            Apply(refund, first, line);
        }
    }

    // A line is refunded once: units that a refund took are not in the next one's price.
    void Apply(Refund refund, int first, in OrderLine wanted)
    {
        var (key, product) = (wanted.Key, wanted.Product);
        var at = _lines.FindIndex(line => line.Line.Key == key && line.Line.Thousandths > 0);
        at = at >= 0 || key != product ? at : _lines.FindIndex(line => line.Line.Product == key && line.Line.Thousandths > 0);
        if (at < 0)
        {
            Take(refund, first, refund.Currency ?? _currency, wanted.Amount ?? 0);
            return;
        }

        var (currency, known) = _lines[at];
        var units = Math.Min(wanted.Thousandths, known.Thousandths);
        var price = units == known.Thousandths ? known.Amount!.Value : (long)((Int128)known.Amount!.Value * units / known.Thousandths);
        _lines[at] = (currency, known with { Thousandths = known.Thousandths - units, Amount = known.Amount - price });
        Take(refund, first, wanted.Amount is null ? currency : refund.Currency ?? currency, wanted.Amount ?? price);
    }

    void Take(Refund refund, int first, string currency, long amount)
    {
        var taken = Math.Min(amount, LeftIn(currency));
        if (taken <= 0)
        {
            return;
        }

        _left[currency] -= taken;
        var at = _shares.FindIndex(first, share => share.Currency == currency);
        if (at < 0)
        {
            _shares.Add(new RefundShare(refund, currency, taken));
        }
        else
        {
            _shares[at] = _shares[at] with { Amount = _shares[at].Amount + taken };
        }
    }
}
