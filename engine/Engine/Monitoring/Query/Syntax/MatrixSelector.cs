namespace CartRecovery.Engine.Monitoring.Query.Syntax;

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
