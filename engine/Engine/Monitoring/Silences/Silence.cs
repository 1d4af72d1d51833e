using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Silences;

/// <summary>
/// Keeps the notices of some alerts back for a time, or in recurring windows of it. Immutable. Times are milliseconds since the Unix epoch.
/// </summary>
public sealed record Silence
{
    /// <summary>Identifies the silence: a UUID; empty for a new one.</summary>
    public string Id { get; init; } = "";

    /// <summary>The conditions; an alert must fulfil all. At least one does not match an empty value.</summary>
    public required IReadOnlyList<LabelMatcher> Matchers { get; init; }

    /// <summary>When it begins.</summary>
    public required long StartsAt { get; init; }

    /// <summary>When it ends.</summary>
    public required long EndsAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public long UpdatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Why.</summary>
    public required string Comment { get; init; }

    /// <summary>When it hides alerts between its beginning and its end; null for always.</summary>
    public SilenceRecurrence? Recurrence { get; init; }

    /// <summary>The state at a time. A recurring silence is pending between its windows.</summary>
    public SilenceState StateAt(long now) => now >= EndsAt ? SilenceState.Expired
        : IsInForce(now) && Recurrence?.Contains(now) != false ? SilenceState.Active : SilenceState.Pending;

    /// <summary>Whether a time is between its beginning and its end, in a window or not.</summary>
    public bool IsInForce(long now) => now >= StartsAt && now < EndsAt;

    /// <summary>Whether it hides an alert at a time.</summary>
    public bool Hides(SeriesLabels labels, long now) => IsInForce(now) && Matches(labels) && Recurrence?.Contains(now) != false;

    /// <summary>Whether it concerns an alert, at whatever time.</summary>
    public bool Matches(SeriesLabels labels) => Matchers.All(matcher => matcher.IsMatch(labels));
}
