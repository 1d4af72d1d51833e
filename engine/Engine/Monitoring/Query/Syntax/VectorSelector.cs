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
