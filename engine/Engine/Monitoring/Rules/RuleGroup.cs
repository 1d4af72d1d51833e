namespace CartRecovery.Engine.Monitoring.Rules;

/// <summary>Rules that are evaluated together, in order, at one time. Immutable.</summary>
public sealed record RuleGroup
{
    /// <summary>The name, unique within the file.</summary>
    public required string Name { get; init; }

    /// <summary>The file, as it was given.</summary>
    public required string File { get; init; }

    /// <summary>The distance of two evaluations in milliseconds.</summary>
    public required long Interval { get; init; }

    /// <summary>How many alerts or series a rule may produce; 0 for no limit of its own.</summary>
    public int Limit { get; init; }

    /// <summary>How far evaluations look back, in milliseconds.</summary>
    public long QueryOffset { get; init; }

    /// <summary>The rules, in order.</summary>
    public required IReadOnlyList<Rule> Rules { get; init; }

    /// <summary>Identifies the group: its file and name.</summary>
    public string Key => $"{File};{Name}";
}
