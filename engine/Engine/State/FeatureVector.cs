using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.State;

/// <summary>A chosen row of features, such as a model's inputs.</summary>
public sealed class FeatureVector
{
    readonly FeatureFunction[] _functions;

    /// <summary>The features of these names, in this order.</summary>
    /// <exception cref="KeyNotFoundException">There is no such feature.</exception>
    public FeatureVector(IReadOnlyList<string> names)
    {
        Names = names;
        _functions = [.. names.Select(n => FeatureTable.Get(n).Compute)];
    }

    /// <summary>The features' names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How many there are.</summary>
    public int Count => _functions.Length;

    /// <summary>A feature's place in the row; -1 when it is not in it.</summary>
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
    /// <param name="moment">When it is looked at.</param>
    /// <param name="row">Room for <see cref="Count"/> numbers.</param>
    public void Fill(in CartRecord cart, in FeatureMoment moment, Span<float> row)
    {
        var functions = _functions;
        for (var i = 0; i < functions.Length; i++)
        {
            row[i] = functions[i](cart, moment);
        }
    }
}
