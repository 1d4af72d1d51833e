namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>A node of a parsed query.</summary>
public abstract class PromExpression
{
    /// <summary>The offset of the node's first character in the query.</summary>
    public required int Position { get; init; }

    /// <summary>The type of its value.</summary>
    public abstract PromType Type { get; }

    /// <summary>The nodes it consists of.</summary>
    public virtual IEnumerable<PromExpression> Children => [];
}

/// <summary>A number.</summary>
public sealed class NumberLiteral : PromExpression
{
    /// <summary>The number.</summary>
    public required double Value { get; init; }

    /// <inheritdoc/>
    public override PromType Type => PromType.Scalar;
}

/// <summary>A text.</summary>
public sealed class StringLiteral : PromExpression
{
    /// <summary>The text without quotes and escapes.</summary>
    public required string Value { get; init; }

    /// <inheritdoc/>
    public override PromType Type => PromType.String;
}

/// <summary>A unary minus; a plus leaves no node.</summary>
public sealed class Negation : PromExpression
{
    /// <summary>A scalar or an instant vector.</summary>
    public required PromExpression Operand { get; init; }

    /// <inheritdoc/>
    public override PromType Type => Operand.Type;

    /// <inheritdoc/>
    public override IEnumerable<PromExpression> Children => [Operand];
}
