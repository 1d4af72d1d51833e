using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>
/// Draws bootstrap samples of whole groups: rows of a customer are alike, so that rows drawn one by one would pretend to know more.
/// </summary>
sealed class GroupBootstrap
{
    readonly int[] _place;
    readonly int[] _drawn;
    readonly SeededRandom _random;

    /// <param name="groups">The group of each row.</param>
    /// <param name="seed">The same seed gives the same samples.</param>
    internal GroupBootstrap(int[] groups, ulong seed)
    {
        var distinct = groups.Distinct().Order().ToArray();
        _place = Array.ConvertAll(groups, g => Array.BinarySearch(distinct, g));
        _drawn = new int[distinct.Length];
        _random = new SeededRandom(seed);
    }

    /// <summary>Sets each row's weight to how often its group was drawn.</summary>
    internal void Draw(int[] weights)
    {
        Array.Clear(_drawn);
        for (var i = 0; i < _drawn.Length; i++)
        {
            _drawn[_random.Below(_drawn.Length)]++;
        }

        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = _drawn[_place[i]];
        }
    }

    /// <summary>Returns the middle 95% of values, without those that are not numbers; NaN if none is left.</summary>
    internal static (double Low, double High) Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(v => !double.IsNaN(v)).Order()];
        return sorted.Length == 0 ? (double.NaN, double.NaN)
            : (sorted[(int)(0.025 * (sorted.Length - 1))], sorted[(int)Math.Ceiling(0.975 * (sorted.Length - 1))]);
    }
}
