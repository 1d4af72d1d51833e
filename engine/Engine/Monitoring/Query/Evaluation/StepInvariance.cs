using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>Which expressions Prometheus 2.42 evaluates once for all steps, because <c>@</c> fixes all that they read.</summary>
static class StepInvariance
{
    // Their values depend on the step's time, or may.
    static readonly HashSet<string> s_ofTime = new(StringComparer.Ordinal)
    {
        "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year", "predict_linear", "time", "timestamp",
    };

    /// <summary>Whether an expression is evaluated once. The parameter of an aggregation is not looked at: it is then evaluated once too.</summary>
    public static bool Of(PromExpression expression) => expression switch
    {
        VectorSelector selector => selector.Shift.IsFixed,
        MatrixSelector matrix => matrix.Selector.Shift.IsFixed,
        Subquery query => query.Shift.IsFixed,
        Syntax.Aggregation aggregation => Of(aggregation.Expression),
        FunctionCall call => !s_ofTime.Contains(call.Function.Name) && call.Arguments.All(Of),
        _ => expression.Children.All(Of),
    };

    /// <summary>
    /// Whether the range that a call reads moves on with the steps although <c>@</c> fixes it. It does if something else in the call differs from step to step;
    /// samples are then read as of the first step alone.
    /// </summary>
    public static bool MovesRange(FunctionCall call) => !Of(call) && call.Arguments.Any(argument => argument.Type == PromType.Matrix && Of(argument));
}
