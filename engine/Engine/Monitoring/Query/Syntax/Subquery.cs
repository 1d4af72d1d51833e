namespace CartRecovery.Engine.Monitoring.Query.Syntax;

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
