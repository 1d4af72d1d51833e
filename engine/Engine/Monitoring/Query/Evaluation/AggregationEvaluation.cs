using System.Globalization;
using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>Aggregation operators.</summary>
static class AggregationEvaluation
{
    /// <summary>Aggregates each group.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="vector">The elements.</param>
    /// <param name="keys">The groups.</param>
    /// <param name="parameter">The scalar parameter.</param>
    /// <param name="label">The label of <c>count_values</c>.</param>
    public static List<VectorSample> Aggregate(AggregationOperator op, List<VectorSample> vector, GroupKeys keys, double parameter, string label)
    {
        if (op is AggregationOperator.TopK or AggregationOperator.BottomK && CountOf(parameter) < 1)
        {
            return [];
        }

        if (op == AggregationOperator.CountValues && !LabelFunctions.IsName(label))
        {
            throw new PromQlException(PromQlError.Execution, $"invalid label name \"{label}\"");
        }

        var groups = new Dictionary<SeriesLabels, List<VectorSample>>();
        foreach (var sample in vector)
        {
            var key = keys.Of(sample.Labels);
            if (op == AggregationOperator.CountValues)
            {
                key = key.With(label, Format(sample.Value));
            }

            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = [];
            }

            group.Add(sample);
        }

        if (op is AggregationOperator.TopK or AggregationOperator.BottomK)
        {
            return [.. groups.Values.SelectMany(group => Best(group, op == AggregationOperator.TopK).Take((int)CountOf(parameter)))];
        }

        var result = new List<VectorSample>(groups.Count);
        foreach (var (key, group) in groups)
        {
            result.Add(new VectorSample(key, Reduce(op, group, parameter)));
        }

        return result;
    }

    /// <summary>Orders elements by value; NaN comes last. Equal values keep their order.</summary>
    public static IEnumerable<VectorSample> Best(IEnumerable<VectorSample> vector, bool descending)
    {
        var byNumber = vector.OrderBy(s => double.IsNaN(s.Value));
        return descending ? byNumber.ThenByDescending(s => s.Value) : byNumber.ThenBy(s => s.Value);
    }

    static double Reduce(AggregationOperator op, List<VectorSample> group, double parameter) => op switch
    {
        AggregationOperator.Sum => Sum(group),
        AggregationOperator.Avg => Average(group),
        AggregationOperator.Min => Extreme(group, (value, least) => value < least),
        AggregationOperator.Max => Extreme(group, (value, most) => value > most),
        AggregationOperator.Group => 1,
        AggregationOperator.Stddev => Math.Sqrt(Variance(group)),
        AggregationOperator.Stdvar => Variance(group),
        AggregationOperator.Quantile => Quantiles.Of(parameter, [.. group.Select(s => s.Value)]),
        _ => group.Count,
    };

    static double Sum(List<VectorSample> group)
    {
        var sum = 0.0;
        foreach (var sample in group)
        {
            sum += sample.Value;
        }

        return sum;
    }

    static double Average(List<VectorSample> group)
    {
        var mean = group[0].Value;
        for (var i = 1; i < group.Count; i++)
        {
            var (value, count) = (group[i].Value, i + 1.0);
            if (!double.IsInfinity(mean) || !(double.IsFinite(value) || (double.IsInfinity(value) && mean > 0 == value > 0)))
            {
                mean += (value / count) - (mean / count);
            }
        }

        return mean;
    }

    static double Extreme(List<VectorSample> group, Func<double, double, bool> isMore)
    {
        var extreme = group[0].Value;
        foreach (var sample in group)
        {
            extreme = isMore(sample.Value, extreme) || double.IsNaN(extreme) ? sample.Value : extreme;
        }

        return extreme;
    }

    static double Variance(List<VectorSample> group)
    {
        var variance = RunningVariance<PlainSum>.From(group[0].Value);
        for (var i = 1; i < group.Count; i++)
        {
            variance.Add(group[i].Value);
        }

        return variance.Value;
    }

    static long CountOf(double parameter) => parameter is > long.MinValue and < long.MaxValue
        ? Math.Min((long)parameter, int.MaxValue)
        : throw new PromQlException(PromQlError.Execution, $"Scalar value {Format(parameter)} overflows int64");

    /// <summary>Formats without an exponent, with the fewest digits that give the value back.</summary>
    public static string Format(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        }

        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var at = text.IndexOf('E');
        if (at < 0)
        {
            return text;
        }

        var sign = text[0] == '-' ? "-" : "";
        var digits = text[sign.Length..at].Replace(".", "");
        var point = 1 + int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return sign + (point <= 0 ? "0." + new string('0', -point) + digits : digits.PadRight(point, '0'));
    }
}
