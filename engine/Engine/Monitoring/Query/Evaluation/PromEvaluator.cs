using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>Evaluates one query: reads all selected series first, then evaluates the expression at each step.</summary>
sealed partial class PromEvaluator(
    ISeriesSource source, PromQlOptions options, TimeProvider time, long start, long end, long step, CancellationToken cancellation)
{
    readonly Dictionary<PromExpression, SelectedSeries[]> _selected = [];
    readonly Dictionary<PromExpression, GroupKeys> _keys = [];
    readonly Dictionary<PromExpression, long> _origins = [];
    readonly Dictionary<PromExpression, Dictionary<SeriesLabels, SeriesLabels>> _nameless = [];
    readonly long _lookback = (long)options.Lookback.TotalMilliseconds;
    readonly long _began = time.GetTimestamp();
    long _samples;

    public PromValue Evaluate(PromExpression root)
    {
        Prepare(root, start, end, end);
        switch (root.Type)
        {
            case PromType.String:
                return new PromString(start, ((StringLiteral)root).Value);
            case PromType.Scalar:
                return new PromScalar(start, ScalarAt(root, start));
            case PromType.Vector:
                return new PromVector(start, VectorAt(root, start));
            default:
                var (from, to) = RangeAt(root, start);
                return new PromMatrix(
                    [.. _selected[root].Select(s => new Series(s.Labels, s.Slice(from, to).ToArray())).Where(s => s.Samples.Length > 0)]);
        }
    }

    public PromMatrix EvaluateRange(PromExpression root)
    {
        Prepare(root, start, end, end);
        var series = Collect(root, start, end, step);
        return new PromMatrix([.. series.OrderBy(s => s.Labels)]);
    }

    IEnumerable<Series> Collect(PromExpression expression, long from, long to, long every)
    {
        var series = new Dictionary<SeriesLabels, List<SeriesSample>>();
        for (var at = from; at <= to; at += every)
        {
            Check();
            if (expression.Type == PromType.Scalar)
            {
                Append(series, SeriesLabels.Empty, new SeriesSample(at, ScalarAt(expression, at)));
                continue;
            }

            foreach (var (labels, value) in VectorAt(expression, at))
            {
                Append(series, labels, new SeriesSample(at, value));
            }
        }

        return series.Select(s => new Series(s.Key, [.. s.Value]));
    }

    void Append(Dictionary<SeriesLabels, List<SeriesSample>> series, SeriesLabels labels, SeriesSample sample)
    {
        if (!series.TryGetValue(labels, out var samples))
        {
            series[labels] = samples = [];
        }

        samples.Add(sample);
        Count(1);
    }

    // Reads what an expression needs for all steps between two times. A range that moves although it is fixed has steps for which nothing is read.
    void Prepare(PromExpression expression, long from, long to, long readTo)
    {
        switch (expression)
        {
            case VectorSelector selector:
                _selected[selector] = Read(selector, from, readTo, _lookback, keepStale: true);
                break;
            case MatrixSelector matrix:
                _selected[matrix] = Read(matrix.Selector, from, readTo, matrix.Range, keepStale: false);
                break;
            case Subquery query:
                Prepare(query, from, to, readTo);
                break;
            default:
                if (expression is FunctionCall call && StepInvariance.MovesRange(call))
                {
                    _origins[call.Arguments.First(argument => argument.Type == PromType.Matrix)] = from;
                }
                else if (expression is Syntax.Aggregation { Parameter: { } parameter } aggregation && StepInvariance.Of(aggregation.Expression))
                {
                    _origins[parameter] = from;
                }

                foreach (var child in expression.Children)
                {
                    Prepare(child, from, to, readTo);
                }

                break;
        }
    }

    void Prepare(Subquery query, long from, long to, long readTo)
    {
        var every = query.Step > 0 ? query.Step : (long)options.DefaultStep.TotalMilliseconds;
        var first = query.Shift.Apply(from, start, end) - query.Range;
        var last = query.Shift.Apply(to, start, end) + (_origins.ContainsKey(query) ? to - from : 0);
        var aligned = (long)Math.Ceiling((decimal)first / every) * every;
        if ((last - aligned) / every > options.MaxSamples)
        {
            throw TooManySamples();
        }

        if (aligned > last)
        {
            // No step is in the range. Prometheus evaluates what is fixed all the same, and so finds its errors.
            TryFixed(query.Expression, aligned);
            _selected[query] = [];
            return;
        }

        Prepare(query.Expression, aligned, last, query.Shift.Apply(readTo, start, end));
        _selected[query] = [.. Collect(query.Expression, aligned, last, every).OrderBy(s => s.Labels).Select(s => new SelectedSeries(s.Labels, s.Samples))];
    }

    void TryFixed(PromExpression expression, long at)
    {
        if (expression.Type is PromType.Vector && StepInvariance.Of(expression))
        {
            Prepare(expression, at, at, at);
            VectorAt(expression, at);
            return;
        }

        foreach (var child in expression.Children)
        {
            TryFixed(child, at);
        }
    }

    SelectedSeries[] Read(VectorSelector selector, long from, long to, long before, bool keepStale)
    {
        var read = new List<Series>();
        var (first, last) = (selector.Shift.Apply(from, start, end) - before, selector.Shift.Apply(to, start, end));
        foreach (var series in source.Select(selector.Matchers, first, last))
        {
            Check();
            Count(series.Samples.Length);
            var samples = keepStale || !Array.Exists(series.Samples, s => StaleMarker.Is(s.Value))
                ? series : series with { Samples = Array.FindAll(series.Samples, s => !StaleMarker.Is(s.Value)) };
            if (samples.Samples.Length > 0)
            {
                read.Add(samples);
            }
        }

        // A stable order of the addends.
        read.Sort((left, right) => left.Labels.CompareTo(right.Labels));
        return [.. read.Select(s => new SelectedSeries(s.Labels, s.Samples))];
    }

    void Count(long samples)
    {
        _samples += samples;
        if (_samples > options.MaxSamples)
        {
            throw TooManySamples();
        }
    }

    void Check()
    {
        if (cancellation.IsCancellationRequested)
        {
            throw new PromQlException(PromQlError.Canceled, "query was canceled in query execution");
        }

        if (time.GetElapsedTime(_began) > options.Timeout)
        {
            throw new PromQlException(PromQlError.Timeout, "query timed out in expression evaluation");
        }
    }

    static PromQlException TooManySamples() =>
        new(PromQlError.Execution, "query processing would load too many samples into memory in query execution");

    (long From, long To) RangeAt(PromExpression expression, long at)
    {
        var (shift, range) = expression switch
        {
            MatrixSelector matrix => (matrix.Selector.Shift, matrix.Range),
            Subquery query => (query.Shift, query.Range),
            _ => throw new InvalidOperationException("not a range"),
        };
        var to = shift.Apply(at, start, end) + (_origins.TryGetValue(expression, out var origin) ? at - origin : 0);
        return (to - range, to);
    }

    double ScalarAt(PromExpression expression, long at) => expression switch
    {
        NumberLiteral number => number.Value,
        Negation negation => -ScalarAt(negation.Operand, at),
        BinaryOperation binary => BinaryEvaluation.Scalars(binary, ScalarAt(binary.Left, at), ScalarAt(binary.Right, at)),
        FunctionCall call => ScalarCall(call, at),
        _ => throw new InvalidOperationException("not a scalar"),
    };

    double ScalarCall(FunctionCall call, long at)
    {
        switch (call.Function.Name)
        {
            case "time":
                return at / 1000.0;
            case "pi":
                return Math.PI;
            default:
                var vector = VectorAt(call.Arguments[0], at);
                return vector.Count == 1 ? vector[0].Value : double.NaN;
        }
    }

    List<VectorSample> VectorAt(PromExpression expression, long at) => expression switch
    {
        VectorSelector selector => Latest(selector, selector.Shift, at, isTime: false),
        Negation negation => Negate(negation, VectorAt(negation.Operand, at)),
        BinaryOperation binary => BinaryAt(binary, at),
        Syntax.Aggregation aggregation => AggregationEvaluation.Aggregate(
            aggregation.Operator,
            VectorAt(aggregation.Expression, at),
            KeysOf(aggregation, !aggregation.IsWithout, aggregation.Labels),
            aggregation.Parameter is { Type: PromType.Scalar } parameter ? ScalarAt(parameter, _origins.GetValueOrDefault(parameter, at)) : 0,
            (aggregation.Parameter as StringLiteral)?.Value ?? ""),
        FunctionCall call => CallAt(call, at),
        _ => throw new InvalidOperationException("not a vector"),
    };

    List<VectorSample> Latest(VectorSelector selector, in TimeShift shift, long at, bool isTime)
    {
        var shifted = shift.Apply(at, start, end);
        var result = new List<VectorSample>();
        foreach (var series in _selected[selector])
        {
            if (series.TryGetLatest(shifted, _lookback, out var sample))
            {
                result.Add(new VectorSample(series.Labels, isTime ? sample.Time / 1000.0 : sample.Value));
            }
        }

        return result;
    }

    List<VectorSample> Negate(Negation node, List<VectorSample> vector) =>
        [.. vector.Select(s => new VectorSample(Nameless(node, s.Labels), -s.Value))];

    List<VectorSample> BinaryAt(BinaryOperation node, long at)
    {
        if (node.Matching is not { } matching)
        {
            return Unique(node.Left.Type == PromType.Scalar
                ? BinaryEvaluation.WithScalar(node, VectorAt(node.Right, at), ScalarAt(node.Left, at), scalarIsLeft: true)
                : BinaryEvaluation.WithScalar(node, VectorAt(node.Left, at), ScalarAt(node.Right, at), scalarIsLeft: false));
        }

        var keys = KeysOf(node, matching.IsOn, matching.Labels);
        var (left, right) = (VectorAt(node.Left, at), VectorAt(node.Right, at));
        return Unique(matching.Cardinality == MatchCardinality.ManyToMany
            ? BinaryEvaluation.Sets(node.Operator, left, right, keys)
            : BinaryEvaluation.Vectors(node, left, right, keys));
    }

    GroupKeys KeysOf(PromExpression node, bool keepsNamed, IReadOnlyList<string> names)
    {
        if (!_keys.TryGetValue(node, out var keys))
        {
            _keys[node] = keys = new GroupKeys(keepsNamed, names);
        }

        return keys;
    }

    // Two series of one range that differ in nothing but their names would become one, even if never at the same step.
    SeriesLabels Nameless(PromExpression node, SeriesLabels labels)
    {
        var result = labels.WithoutName();
        if (!_nameless.TryGetValue(node, out var known))
        {
            _nameless[node] = known = [];
        }

        return known.TryAdd(result, labels) || known[result].Equals(labels) ? result : throw SameLabels();
    }

    static List<VectorSample> Unique(List<VectorSample> vector)
    {
        if (vector.Count > 1)
        {
            var seen = new HashSet<SeriesLabels>(vector.Count);
            foreach (var sample in vector)
            {
                if (!seen.Add(sample.Labels))
                {
                    throw SameLabels();
                }
            }
        }

        return vector;
    }

    static PromQlException SameLabels() => new(PromQlError.Execution, "vector cannot contain metrics with the same labelset");
}
