using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>Who is on call, and who is told of alerts that nobody acknowledges. Immutable.</summary>
public sealed record OnCallConfig
{
    /// <summary>No schedules and no escalation.</summary>
    public static OnCallConfig None { get; } = new();

    /// <summary>The receivers of people, by their names.</summary>
    public IReadOnlyDictionary<string, string> People { get; init; } = new Dictionary<string, string>();

    /// <summary>The schedules by name.</summary>
    public IReadOnlyDictionary<string, OnCallSchedule> Schedules { get; init; } = new Dictionary<string, OnCallSchedule>();

    /// <summary>The policies; the first one that matches an alert applies to it.</summary>
    public IReadOnlyList<EscalationPolicy> Policies { get; init; } = [];

    /// <summary>Finds the policy of an alert; null if it has none.</summary>
    public EscalationPolicy? Find(SeriesLabels labels) => Policies.FirstOrDefault(policy => policy.Matchers.All(matcher => matcher.IsMatch(labels)));

    /// <summary>The receivers of a level at a time, each once; empty if nobody is on call and the level names no receivers.</summary>
    /// <param name="level">A level whose schedules are among <see cref="Schedules"/>, as the reader ensures.</param>
    /// <param name="time">The time.</param>
    public IReadOnlyList<string> ReceiversOf(EscalationLevel level, DateTimeOffset time) =>
        [.. level.Schedules.Select(name => Schedules[name].At(time)).OfType<string>().Select(person => People[person]).Concat(level.Receivers).Distinct(StringComparer.Ordinal)];
}
