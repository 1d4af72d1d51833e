using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.Rules;

/// <summary>A rule of a group. Immutable.</summary>
public abstract record Rule
{
    /// <summary>The alert's name, or the recorded metric.</summary>
    public required string Name { get; init; }

    /// <summary>The expression.</summary>
    public required PromQuery Query { get; init; }

    /// <summary>The line of the rule in its file, from 1.</summary>
    public int Line { get; init; }
}

/// <summary>Records the result of an expression as a series.</summary>
public sealed record RecordingRule : Rule
{
    /// <summary>Labels that are added or, with an empty value, removed.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}

/// <summary>Raises an alert for each element of an expression's result.</summary>
public sealed record AlertRule : Rule
{
    /// <summary>How long an element must be returned before its alert fires, in milliseconds.</summary>
    public long For { get; init; }

    /// <summary>How long an alert goes on firing without its element, in milliseconds.</summary>
    public long KeepFiringFor { get; init; }

    /// <summary>Labels that are added to the element's.</summary>
    public IReadOnlyList<KeyValuePair<string, GoTemplate>> Labels { get; init; } = [];

    /// <summary>Texts for people.</summary>
    public IReadOnlyList<KeyValuePair<string, GoTemplate>> Annotations { get; init; } = [];

    /// <summary>Whether the rule is evaluated.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>What happens without data.</summary>
    public NoDataPolicy NoData { get; init; }

    /// <summary>The vector that the expression compares with a number; set if <see cref="NoData"/> is not <see cref="NoDataPolicy.Resolve"/>.</summary>
    public PromQuery? Data { get; init; }

    /// <summary>The comparison with the hysteresis' threshold: a firing alert resolves only once this holds no longer.</summary>
    public PromQuery? Hold { get; init; }
}
