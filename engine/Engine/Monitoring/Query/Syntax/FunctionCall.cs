namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>A function call.</summary>
public sealed class FunctionCall : PromExpression
{
    /// <summary>The function.</summary>
    public required PromFunction Function { get; init; }

    /// <summary>The arguments, of the types that the function takes.</summary>
    public required IReadOnlyList<PromExpression> Arguments { get; init; }

    /// <inheritdoc/>
    public override PromType Type => Function.Result;

    /// <inheritdoc/>
    public override IEnumerable<PromExpression> Children => Arguments;
}
