using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>
/// Makes a model's row of a cart from the champion's, which was computed a moment before: features that both have are copied, so that a candidate with the
/// champion's features costs a copy. A row with other features is computed. Allocates nothing after construction.
/// </summary>
sealed class RowCopy
{
    readonly FeatureVector _vector;
    readonly int[]? _columns;
    readonly bool _isSame;

    /// <summary>Plans the copies.</summary>
    /// <param name="champion">The champion's features, in row order.</param>
    /// <param name="features">The model's.</param>
    public RowCopy(IReadOnlyList<string> champion, IReadOnlyList<string> features)
    {
        _vector = new FeatureVector(features);
        var places = champion.Index().ToDictionary(feature => feature.Item, feature => feature.Index, StringComparer.Ordinal);
        _isSame = champion.SequenceEqual(features, StringComparer.Ordinal);
        _columns = features.All(places.ContainsKey) ? [.. features.Select(feature => places[feature])] : null;
    }

    /// <summary>Fills a row.</summary>
    /// <param name="champion">The champion's row of the same cart and moment.</param>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">The time of the features.</param>
    /// <param name="row">Receives the features.</param>
    public void Fill(ReadOnlySpan<float> champion, in CartRecord cart, in FeatureMoment moment, Span<float> row)
    {
        if (_isSame)
        {
            champion.CopyTo(row);
        }
        else if (_columns is { } columns)
        {
            for (var i = 0; i < columns.Length; i++)
            {
                row[i] = champion[columns[i]];
            }
        }
        else
        {
            _vector.Fill(cart, moment, row);
        }
    }
}
