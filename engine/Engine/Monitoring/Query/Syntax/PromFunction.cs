namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>The signature of a function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Result">The type of its value.</param>
/// <param name="Parameters">The types of its arguments.</param>
/// <param name="Optional">How many of the last arguments may be left out.</param>
/// <param name="Variadic">Whether the last argument may be repeated.</param>
public sealed record PromFunction(string Name, PromType Result, IReadOnlyList<PromType> Parameters, int Optional = 0, bool Variadic = false)
{
    static readonly Dictionary<string, PromFunction> s_functions = All().ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>Functions of Prometheus 2.42 on native histograms, which the history does not hold.</summary>
    public static IReadOnlyCollection<string> NotSupported { get; } = ["histogram_count", "histogram_sum", "histogram_fraction"];

    /// <summary>All functions by name.</summary>
    public static IReadOnlyDictionary<string, PromFunction> ByName => s_functions;

    static IEnumerable<PromFunction> All()
    {
        string[] ofVector =
        [
            "abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
            "asinh", "acosh", "atanh", "deg", "rad", "absent", "sort", "sort_desc", "timestamp",
        ];
        string[] ofRange =
        [
            "rate", "increase", "irate", "delta", "idelta", "deriv", "resets", "changes", "avg_over_time", "min_over_time", "max_over_time",
            "sum_over_time", "count_over_time", "stddev_over_time", "stdvar_over_time", "last_over_time", "present_over_time", "absent_over_time",
        ];
        string[] ofDate = ["minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year"];
        return ofVector.Select(name => new PromFunction(name, PromType.Vector, [PromType.Vector]))
            .Concat(ofRange.Select(name => new PromFunction(name, PromType.Vector, [PromType.Matrix])))
            .Concat(ofDate.Select(name => new PromFunction(name, PromType.Vector, [PromType.Vector], Optional: 1)))
            .Concat(
            [
                new("time", PromType.Scalar, []),
                new("pi", PromType.Scalar, []),
                new("scalar", PromType.Scalar, [PromType.Vector]),
                new("vector", PromType.Vector, [PromType.Scalar]),
                new("round", PromType.Vector, [PromType.Vector, PromType.Scalar], Optional: 1),
                new("clamp", PromType.Vector, [PromType.Vector, PromType.Scalar, PromType.Scalar]),
                new("clamp_min", PromType.Vector, [PromType.Vector, PromType.Scalar]),
                new("clamp_max", PromType.Vector, [PromType.Vector, PromType.Scalar]),
                new("quantile_over_time", PromType.Vector, [PromType.Scalar, PromType.Matrix]),
                new("predict_linear", PromType.Vector, [PromType.Matrix, PromType.Scalar]),
                new("holt_winters", PromType.Vector, [PromType.Matrix, PromType.Scalar, PromType.Scalar]),
                new("histogram_quantile", PromType.Vector, [PromType.Scalar, PromType.Vector]),
                new("label_replace", PromType.Vector, [PromType.Vector, PromType.String, PromType.String, PromType.String, PromType.String]),
                new("label_join", PromType.Vector, [PromType.Vector, PromType.String, PromType.String, PromType.String], Optional: 1, Variadic: true),
            ]);
    }
}
