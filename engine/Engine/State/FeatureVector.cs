using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.State;

/// <summary>Computes a selected row of features, such as a model's inputs.</summary>
public sealed class FeatureVector
{
    readonly FeatureFunction[] _functions;
    readonly int[] _amounts;

    /// <summary>Selects features by name, in this order.</summary>
    /// <exception cref="KeyNotFoundException">A feature does not exist.</exception>
    public FeatureVector(IReadOnlyList<string> names)
    {
        Names = names;
        _functions = [.. names.Select(n => FeatureTable.Get(n).Compute)];
        _amounts = [.. Enumerable.Range(0, names.Count).Where(i => FeatureTable.Get(names[i]).IsInCartCurrency)];
    }

    /// <summary>The features' names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Number of features.</summary>
    public int Count => _functions.Length;

    /// <summary>Returns a feature's index in the row; -1 if it is not selected.</summary>
    public int IndexOf(string name)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Computes the row.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">The moment to compute it for.</param>
    /// <param name="row">Receives <see cref="Count"/> numbers.</param>
    public void Fill(in CartRecord cart, in FeatureMoment moment, Span<float> row)
    {
        var functions = _functions;
        for (var i = 0; i < functions.Length; i++)
        {
            row[i] = functions[i](cart, moment);
        }

        if (moment.Money is { } money && cart.Currency != money.Currency)
        {
            Convert(row, money.FactorOf(cart.Currency));
        }
    }

    // Models have learned amounts in the store's currency. Without a rate they see them as they are.
    void Convert(Span<float> row, double factor)
    {
        if (double.IsNaN(factor))
        {
            return;
        }

        foreach (var i in _amounts)
        {
            row[i] = (float)(row[i] * factor);
        }
    }
}
