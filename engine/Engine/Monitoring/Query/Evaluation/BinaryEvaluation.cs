using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>Binary operators on values and vectors.</summary>
static class BinaryEvaluation
{
    /// <summary>Computes an operator on two scalars; a comparison gives 0 or 1.</summary>
    public static double Scalars(BinaryOperation node, double left, double right)
    {
        var (value, keep) = Compute(node.Operator, left, right);
        return node.IsComparison ? keep ? 1 : 0 : value;
    }

    /// <summary>Computes an operator on each element and a scalar.</summary>
    public static List<VectorSample> WithScalar(BinaryOperation node, List<VectorSample> vector, double scalar, bool scalarIsLeft)
    {
        var result = new List<VectorSample>(vector.Count);
        foreach (var (labels, element) in vector)
        {
            var (value, keep) = scalarIsLeft ? Compute(node.Operator, scalar, element) : Compute(node.Operator, element, scalar);
            if (node.ReturnsBool)
            {
                (value, keep) = (keep ? 1 : 0, true);
            }
            else if (node.IsComparison)
            {
                value = element;
            }

            if (keep)
            {
                result.Add(new VectorSample(DropsName(node) ? labels.WithoutName() : labels, value));
            }
        }

        return result;
    }

    /// <summary>Computes <c>and</c>, <c>or</c> or <c>unless</c>.</summary>
    public static List<VectorSample> Sets(BinaryOperator op, List<VectorSample> left, List<VectorSample> right, GroupKeys keys)
    {
        if (op == BinaryOperator.Or)
        {
            var present = left.Select(s => keys.Of(s.Labels)).ToHashSet();
            return [.. left, .. right.Where(s => !present.Contains(keys.Of(s.Labels)))];
        }

        var others = right.Select(s => keys.Of(s.Labels)).ToHashSet();
        return left.FindAll(s => others.Contains(keys.Of(s.Labels)) == (op == BinaryOperator.And));
    }

    /// <summary>Computes an operator on the elements that match.</summary>
    /// <exception cref="PromQlException">More elements match than the matching allows.</exception>
    public static List<VectorSample> Vectors(BinaryOperation node, List<VectorSample> left, List<VectorSample> right, GroupKeys keys)
    {
        var matching = node.Matching!;
        if (left.Count == 0 || right.Count == 0)
        {
            return [];
        }

        var isSwapped = matching.Cardinality == MatchCardinality.OneToMany;
        var (many, one) = isSwapped ? (right, left) : (left, right);
        var ones = new Dictionary<SeriesLabels, VectorSample>();
        foreach (var sample in one)
        {
            var key = keys.Of(sample.Labels);
            if (!ones.TryAdd(key, sample))
            {
                throw new PromQlException(PromQlError.Execution,
                    $"found duplicate series for the match group {key} on the {(isSwapped ? "left" : "right")} hand-side of the operation: " +
                    $"[{sample.Labels}, {ones[key].Labels}];many-to-many matching not allowed: matching labels must be unique on one side");
            }
        }

        var result = new List<VectorSample>();
        var matched = new HashSet<(SeriesLabels Key, SeriesLabels? Result)>();
        foreach (var (labels, element) in many)
        {
            var key = keys.Of(labels);
            if (!ones.TryGetValue(key, out var other))
            {
                continue;
            }

            var (value, keep) = isSwapped ? Compute(node.Operator, other.Value, element) : Compute(node.Operator, element, other.Value);
            if (node.ReturnsBool)
            {
                value = keep ? 1 : 0;
            }
            else if (!keep)
            {
                continue;
            }

            var metric = ResultOf(node, labels, other.Labels);
            var isOneToOne = matching.Cardinality == MatchCardinality.OneToOne;
            if (!matched.Add((key, isOneToOne ? null : metric)))
            {
                throw new PromQlException(PromQlError.Execution, isOneToOne
                    ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                    : "multiple matches for labels: grouping labels must ensure unique matches");
            }

            result.Add(new VectorSample(metric, value));
        }

        return result;
    }

    static SeriesLabels ResultOf(BinaryOperation node, SeriesLabels many, SeriesLabels one)
    {
        var matching = node.Matching!;
        var labels = DropsName(node) ? many.WithoutName() : many;
        if (matching.Cardinality == MatchCardinality.OneToOne)
        {
            labels = labels.Where(name => matching.Labels.Contains(name) == matching.IsOn);
        }

        foreach (var name in matching.Include)
        {
            labels = labels.With(name, one[name]);
        }

        return labels;
    }

    static bool DropsName(BinaryOperation node) => node.ReturnsBool || node.Operator < BinaryOperator.Atan2;

    static (double Value, bool Keep) Compute(BinaryOperator op, double left, double right) => op switch
    {
        BinaryOperator.Add => (left + right, true),
        BinaryOperator.Subtract => (left - right, true),
        BinaryOperator.Multiply => (left * right, true),
        BinaryOperator.Divide => (left / right, true),
        BinaryOperator.Modulo => (left % right, true),
        BinaryOperator.Power => (Math.Pow(left, right), true),
        BinaryOperator.Atan2 => (Math.Atan2(left, right), true),
        BinaryOperator.Equal => (left, left == right),
        BinaryOperator.NotEqual => (left, left != right),
        BinaryOperator.Less => (left, left < right),
        BinaryOperator.LessOrEqual => (left, left <= right),
        BinaryOperator.Greater => (left, left > right),
        _ => (left, left >= right),
    };
}
