namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>Selects the latest sample of the series that match.</summary>
public sealed class VectorSelector : PromExpression
{
    /// <summary>The conditions, that on <c>__name__</c> among them.</summary>
    public required IReadOnlyList<LabelMatcher> Matchers { get; init; }

    /// <summary>When.</summary>
    public TimeShift Shift { get; init; }

    /// <summary>Whether <c>offset</c> or <c>@</c> was given.</summary>
    public bool HasModifier => Shift != default;

    /// <inheritdoc/>
    public override PromType Type => PromType.Vector;
}

/// <summary>Selects the samples of a range: <c>selector[5m]</c>.</summary>
public sealed class MatrixSelector : PromExpression
{
    /// <summary>The series, and when the range ends.</summary>
    public required VectorSelector Selector { get; init; }

    /// <summary>The range's length in milliseconds.</summary>
    public required long Range { get; init; }

    /// <inheritdoc/>
    public override PromType Type => PromType.Matrix;

    /// <inheritdoc/>
    public override IEnumerable<PromExpression> Children => [Selector];
}

/// <summary>Evaluates an instant query over a range: <c>expression[1h:1m]</c>.</summary>
public sealed class Subquery : PromExpression
{
    /// <summary>An instant vector.</summary>
    public required PromExpression Expression { get; init; }

    /// <summary>The range's length in milliseconds.</summary>
    public required long Range { get; init; }

    /// <summary>The distance of two evaluations in milliseconds; 0 for the engine's default.</summary>
    public required long Step { get; init; }

    /// <summary>When the range ends.</summary>
    public TimeShift Shift { get; init; }

    /// <inheritdoc/>
    public override PromType Type => PromType.Matrix;

    /// <inheritdoc/>
    public override IEnumerable<PromExpression> Children => [Expression];
}
