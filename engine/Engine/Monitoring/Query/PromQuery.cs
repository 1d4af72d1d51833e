using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>A parsed and type-checked query. Immutable; evaluate it as often and on as many threads as needed.</summary>
public sealed class PromQuery
{
    PromQuery(string text, PromExpression root)
    {
        Text = text;
        Root = root;
    }

    /// <summary>The query as written.</summary>
    public string Text { get; }

    /// <summary>The type of its result.</summary>
    public PromType Type => Root.Type;

    /// <summary>The expression.</summary>
    public PromExpression Root { get; }

    /// <summary>Parses PromQL as of Prometheus 2.42, without native histograms.</summary>
    /// <exception cref="PromQlException">The text is invalid; the error names line and column.</exception>
    public static PromQuery Parse(string text) => new(text, new PromParser(text).ParseQuery());

    /// <summary>Parses the matchers of one selector without modifiers, for example <c>up{job="node"}</c>.</summary>
    /// <exception cref="PromQlException">The text is no such selector.</exception>
    public static IReadOnlyList<LabelMatcher> ParseSelector(string text) =>
        Parse(text).Root is VectorSelector { HasModifier: false } selector
            ? selector.Matchers
            : throw new PromQlException(text, 0, "expected a series selector");

    /// <inheritdoc/>
    public override string ToString() => Text;
}
