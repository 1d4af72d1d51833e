namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>An aggregation operator.</summary>
public enum AggregationOperator
{
    Sum, Avg, Min, Max, Count, Group, Stddev, Stdvar, TopK, BottomK, Quantile, CountValues,
}

/// <summary>An aggregation over series.</summary>
public sealed class Aggregation : PromExpression
{
    /// <summary>The operator.</summary>
    public required AggregationOperator Operator { get; init; }

    /// <summary>The vector.</summary>
    public required PromExpression Expression { get; init; }

    /// <summary>The operator's parameter; null for those that take none.</summary>
    public required PromExpression? Parameter { get; init; }

    /// <summary>Whether to group by all labels but <see cref="Labels"/>.</summary>
    public required bool IsWithout { get; init; }

    /// <summary>The labels of <c>by</c> or <c>without</c>.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <inheritdoc/>
    public override PromType Type => PromType.Vector;

    /// <inheritdoc/>
    public override IEnumerable<PromExpression> Children => Parameter is null ? [Expression] : [Parameter, Expression];
}
