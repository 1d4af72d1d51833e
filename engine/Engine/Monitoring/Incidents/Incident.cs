namespace CartRecovery.Engine.Monitoring.Incidents;

/// <summary>Something that went wrong, from its beginning to what was learned of it. Immutable. Times are milliseconds since the Unix epoch.</summary>
public sealed record Incident
{
    /// <summary>The number, from 1.</summary>
    public long Id { get; init; }

    /// <summary>The title.</summary>
    public required string Title { get; init; }

    /// <summary>The severity: <c>info</c>, <c>warning</c> or <c>critical</c>.</summary>
    public required string Severity { get; init; }

    /// <summary>The state.</summary>
    public IncidentState State { get; init; }

    /// <summary>The parts that are affected.</summary>
    public IReadOnlyList<string> Affected { get; init; } = [];

    /// <summary>What caused it.</summary>
    public string? RootCause { get; init; }

    /// <summary>Pages about it.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    /// <summary>What alerts of one incident have in common: the value of their label <c>incident</c>; null if it was created by hand.</summary>
    public string? Key { get; init; }

    /// <summary>Who created it; null for the engine.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When it began.</summary>
    public long StartedAt { get; init; }

    /// <summary>When somebody first took care of it.</summary>
    public long? InvestigatedAt { get; init; }

    /// <summary>When it was resolved; after a relapse, the last time.</summary>
    public long? ResolvedAt { get; init; }

    /// <summary>When it was closed.</summary>
    public long? ClosedAt { get; init; }
}
