namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>A binary operator.</summary>
public enum BinaryOperator
{
    Add, Subtract, Multiply, Divide, Modulo, Power, Atan2, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or, Unless,
}

/// <summary>How many elements of each side may share a group of labels.</summary>
public enum MatchCardinality
{
    /// <summary>One on each side.</summary>
    OneToOne,

    /// <summary><c>group_left</c></summary>
    ManyToOne,

    /// <summary><c>group_right</c></summary>
    OneToMany,

    /// <summary>Set operators.</summary>
    ManyToMany,
}

/// <summary>Which labels two vectors are matched by.</summary>
/// <param name="Cardinality">How many may match.</param>
/// <param name="IsOn">Whether to match by these labels alone, or by all but these.</param>
/// <param name="Labels">The labels of <c>on</c> or <c>ignoring</c>.</param>
/// <param name="Include">The labels that <c>group_left</c> or <c>group_right</c> takes from the side with one element.</param>
public sealed record VectorMatching(MatchCardinality Cardinality, bool IsOn, IReadOnlyList<string> Labels, IReadOnlyList<string> Include);

/// <summary>A binary operation.</summary>
public sealed class BinaryOperation : PromExpression
{
    /// <summary>The operator.</summary>
    public required BinaryOperator Operator { get; init; }

    /// <summary>The left operand.</summary>
    public required PromExpression Left { get; init; }

    /// <summary>The right operand.</summary>
    public required PromExpression Right { get; init; }

    /// <summary>Whether a comparison returns 0 or 1 instead of filtering.</summary>
    public required bool ReturnsBool { get; init; }

    /// <summary>How two vectors are matched; null unless both sides are vectors.</summary>
    public required VectorMatching? Matching { get; init; }

    /// <summary>Whether the operator compares.</summary>
    public bool IsComparison => Operator is >= BinaryOperator.Equal and <= BinaryOperator.GreaterOrEqual;

    /// <inheritdoc/>
    public override PromType Type => Left.Type == PromType.Scalar && Right.Type == PromType.Scalar ? PromType.Scalar : PromType.Vector;

    /// <inheritdoc/>
    public override IEnumerable<PromExpression> Children => [Left, Right];
}
