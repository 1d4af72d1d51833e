using System.Globalization;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>How a treatment works on the rows of a segment, and how well the scores rank them.</summary>
/// <param name="Name">The column and its value, or the range of its values.</param>
/// <param name="Treated">The number of treated rows.</param>
/// <param name="Others">The number of rows that were not treated.</param>
/// <param name="Effect">The difference of the two shares with the outcome; NaN without rows of both kinds.</param>
/// <param name="Low">The lower bound of the effect's 95% interval (Wald).</param>
/// <param name="High">The upper bound.</param>
/// <param name="Quality">The quality of the scores on these rows; null without rows of both kinds.</param>
public sealed record UpliftSegment(string Name, int Treated, int Others, double Effect, double Low, double High, Qini? Quality)
{
    // More values than this are grouped by quarters.
    const int MaxValues = 6;

    /// <summary>Divides scored rows by columns.</summary>
    /// <param name="uplift">The rows.</param>
    /// <param name="columns">The columns: features, or texts that became a feature for each value (<c>column=value</c>).</param>
    /// <param name="rounds">The number of bootstrap samples for the intervals of the scores' quality.</param>
    /// <param name="seed">The random seed for the samples.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public static IReadOnlyList<UpliftSegment> Of(Uplift uplift, IEnumerable<string> columns, int rounds = 1000, ulong seed = 1) =>
        [.. columns.SelectMany(column => Slices(uplift, column)).Where(slice => slice.Rows.Length > 0).Select(slice => Of(uplift, slice.Name, slice.Rows, rounds, seed))];

    static UpliftSegment Of(Uplift uplift, string name, int[] rows, int rounds, ulong seed)
    {
        bool[] treated = [.. rows.Select(row => uplift.Treated[row])];
        byte[] outcomes = [.. rows.Select(row => uplift.Outcomes[row])];
        var (with, without) = (treated.Count(one => one), treated.Count(one => !one));
        if (with == 0 || without == 0)
        {
            return new UpliftSegment(name, with, without, double.NaN, double.NaN, double.NaN, Quality: null);
        }

        var rate = rows.Where((_, i) => treated[i] && outcomes[i] != 0).Count() / (double)with;
        var other = rows.Where((_, i) => !treated[i] && outcomes[i] != 0).Count() / (double)without;
        var error = 1.96 * Math.Sqrt((rate * (1 - rate) / with) + (other * (1 - other) / without));
        return new UpliftSegment(name, with, without, rate - other, rate - other - error, rate - other + error,
            Qini.Of([.. rows.Select(row => uplift.Scores[row])], treated, outcomes, rounds, seed));
    }

    static IEnumerable<(string Name, int[] Rows)> Slices(Uplift uplift, string column)
    {
        var rows = uplift.Rows;
        var features = rows.Features;
        var all = Enumerable.Range(0, rows.Count);
        for (var at = 0; at < features.Count; at++)
        {
            if (features[at] == column)
            {
                return Values(column, [.. all.Select(row => uplift.Rows.Row(row)[at])]);
            }
        }

        int[] texts = [.. Enumerable.Range(0, features.Count).Where(i => features[i].StartsWith($"{column}=", StringComparison.Ordinal))];
        return texts.Length == 0 ? throw new ArgumentException($"The log has no column '{column}'.", nameof(column))
            :
            [
                .. texts.Select(at => (features[at], Where(row => uplift.Rows.Row(row)[at] != 0))),
                ($"another {column}", Where(row => texts.All(at => uplift.Rows.Row(row)[at] == 0))),
            ];

        int[] Where(Func<int, bool> isIn) => [.. all.Where(isIn)];
    }

    static List<(string Name, int[] Rows)> Values(string column, float[] values)
    {
        int[] known = [.. Enumerable.Range(0, values.Length).Where(row => float.IsFinite(values[row])).OrderBy(row => values[row])];
        List<(string Name, int[] Rows)> slices = known.Select(row => values[row]).Distinct().Take(MaxValues + 1).Count() <= MaxValues
            ? [.. known.GroupBy(row => values[row]).Select(group => (string.Create(CultureInfo.InvariantCulture, $"{column}={group.Key}"), group.ToArray()))]
            : Quarters(column, values, known);
        slices.Add(($"no {column}", [.. Enumerable.Range(0, values.Length).Where(row => !float.IsFinite(values[row]))]));
        return slices;
    }

    // Equal values are in one quarter, so that there may be fewer than four.
    static List<(string Name, int[] Rows)> Quarters(string column, float[] values, int[] sorted)
    {
        float[] limits = [.. Enumerable.Range(1, 3).Select(quarter => values[sorted[sorted.Length * quarter / 4]]).Distinct()];
        return [.. sorted.GroupBy(row => limits.Count(limit => values[row] >= limit)).Select(group =>
            (string.Create(CultureInfo.InvariantCulture, $"{column} {values[group.First()]} to {values[group.Last()]}"), group.ToArray()))];
    }
}
