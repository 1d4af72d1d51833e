using System.Globalization;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>Functions.</summary>
sealed partial class PromEvaluator
{
    readonly Dictionary<PromExpression, Regex> _patterns = [];

    List<VectorSample> CallAt(FunctionCall call, long at)
    {
        var (name, arguments) = (call.Function.Name, call.Arguments);
        if (RangeFunctions.ByName.TryGetValue(name, out var ranged))
        {
            return RangeCall(call, ranged, at);
        }

        if (InstantFunctions.ByName.TryGetValue(name, out var function))
        {
            return arguments.Count == 0 ? [new(SeriesLabels.Empty, function(at / 1000.0))] : Map(arguments[0], at, function);
        }

        switch (name)
        {
            case "vector":
                return [new(SeriesLabels.Empty, ScalarAt(arguments[0], at))];
            case "absent":
                return VectorAt(arguments[0], at).Count > 0 ? [] : [new(AbsentLabels(arguments[0]), 1)];
            case "absent_over_time":
                var (from, to) = RangeAt(arguments[0], at);
                return Array.Exists(_selected[arguments[0]], s => s.Slice(from, to).Length > 0) ? [] : [new(AbsentLabels(arguments[0]), 1)];
            case "sort" or "sort_desc":
                return [.. AggregationEvaluation.Best(VectorAt(arguments[0], at), descending: name == "sort_desc")];
            case "timestamp":
                // As in Prometheus 2.42: with @, samples are read as of the offset and looked for without it.
                return arguments[0] is VectorSelector selector
                    ? Unique([.. Latest(selector, selector.Shift.IsFixed ? selector.Shift with { Offset = 0 } : selector.Shift, at, isTime: true).Select(s => s with { Labels = s.Labels.WithoutName() })])
                    : Map(arguments[0], at, _ => at / 1000.0);
            case "round":
                var multiple = arguments.Count > 1 ? ScalarAt(arguments[1], at) : 1;
                return Map(arguments[0], at, value => InstantFunctions.Round(value, multiple));
            case "clamp" or "clamp_min" or "clamp_max":
                return Clamp(name, arguments, at);
            case "histogram_quantile":
                return HistogramQuantile(ScalarAt(arguments[0], at), VectorAt(arguments[1], at));
            case "label_replace":
                return Unique(Replace(call, at));
            case "label_join":
                return Unique(Join(call, at));
            default:
                throw new InvalidOperationException($"function {name} has no implementation");
        }
    }

    List<VectorSample> RangeCall(FunctionCall call, RangeFunction function, long at)
    {
        PromExpression? range = null;
        double first = 0, second = 0;
        var scalars = 0;
        foreach (var argument in call.Arguments)
        {
            if (argument.Type == PromType.Matrix)
            {
                range = argument;
            }
            else
            {
                (first, second) = scalars++ == 0 ? (ScalarAt(argument, at), second) : (first, ScalarAt(argument, at));
            }
        }

        var (from, to) = RangeAt(range!, at);
        var window = new RangeWindow(from, to, at, first, second);
        var keepsName = call.Function.Name == "last_over_time";
        var result = new List<VectorSample>();
        foreach (var series in _selected[range!])
        {
            var samples = series.Slice(from, to);
            if (samples.Length > 0 && function(samples, window) is { } value)
            {
                result.Add(new VectorSample(keepsName ? series.Labels : Nameless(call, series.Labels), value));
            }
        }

        return result;
    }

    List<VectorSample> Map(PromExpression argument, long at, Func<double, double> function) =>
        Unique([.. VectorAt(argument, at).Select(s => new VectorSample(s.Labels.WithoutName(), function(s.Value)))]);

    List<VectorSample> Clamp(string name, IReadOnlyList<PromExpression> arguments, long at)
    {
        var least = name == "clamp_max" ? double.NegativeInfinity : ScalarAt(arguments[1], at);
        var most = name == "clamp_min" ? double.PositiveInfinity : ScalarAt(arguments[^1], at);
        var clamped = Map(arguments[0], at, value => InstantFunctions.Clamp(value, least, most));
        return least > most ? [] : clamped;
    }

    // The labels that a missing series would surely have.
    static SeriesLabels AbsentLabels(PromExpression argument)
    {
        var matchers = argument switch
        {
            VectorSelector selector => selector.Matchers,
            MatrixSelector matrix => matrix.Selector.Matchers,
            _ => [],
        };
        return SeriesLabels.Of(matchers.Where(m => m.Name != SeriesLabels.Name).GroupBy(m => m.Name, StringComparer.Ordinal)
            .Where(g => g.Count() == 1 && g.First().Match == LabelMatch.Equal).Select(g => KeyValuePair.Create(g.Key, g.First().Value)));
    }

    static List<VectorSample> HistogramQuantile(double q, List<VectorSample> vector)
    {
        var histograms = new Dictionary<SeriesLabels, List<(double Bound, double Count)>>();
        foreach (var (labels, count) in vector)
        {
            if (!TryParseBound(labels["le"], out var bound))
            {
                continue;
            }

            var key = labels.Where(name => name is not (SeriesLabels.Name or "le"));
            if (!histograms.TryGetValue(key, out var buckets))
            {
                histograms[key] = buckets = [];
            }

            buckets.Add((bound, count));
        }

        return [.. histograms.Select(h => new VectorSample(h.Key, Quantiles.OfHistogram(q, h.Value)))];
    }

    static bool TryParseBound(string text, out double bound)
    {
        bound = text is "+Inf" or "Inf" ? double.PositiveInfinity : double.NegativeInfinity;
        return text is "+Inf" or "Inf" or "-Inf" || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out bound);
    }

    List<VectorSample> Replace(FunctionCall call, long at)
    {
        var texts = call.Arguments.Skip(1).Select(a => ((StringLiteral)a).Value).ToArray();
        if (!_patterns.TryGetValue(call, out var pattern))
        {
            RequireName(texts[0], "label_replace");
            try
            {
                _patterns[call] = pattern = Re2Pattern.Compile(texts[3]);
            }
            catch (PromQlException e)
            {
                throw new PromQlException(PromQlError.Execution, $"invalid regular expression in label_replace(): {e.Reason}");
            }
        }

        return [.. VectorAt(call.Arguments[0], at)
            .Select(s => s with { Labels = LabelFunctions.Replace(s.Labels, texts[0], texts[1], texts[2], pattern) })];
    }

    List<VectorSample> Join(FunctionCall call, long at)
    {
        var texts = call.Arguments.Skip(1).Select(a => ((StringLiteral)a).Value).ToArray();
        RequireName(texts[0], "label_join");
        foreach (var label in texts[2..])
        {
            RequireName(label, "label_join");
        }

        return [.. VectorAt(call.Arguments[0], at)
            .Select(s => s with { Labels = s.Labels.With(texts[0], string.Join(texts[1], texts[2..].Select(name => s.Labels[name]))) })];
    }

    static void RequireName(string label, string function)
    {
        if (!LabelFunctions.IsName(label))
        {
            throw new PromQlException(PromQlError.Execution, $"invalid label name in {function}(): {label}");
        }
    }
}
