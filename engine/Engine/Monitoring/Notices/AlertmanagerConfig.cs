using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>What Alertmanager's configuration says of routing. Immutable.</summary>
public sealed record AlertmanagerConfig
{
    /// <summary>The root of the routing tree; it matches everything.</summary>
    public required Route Route { get; init; }

    /// <summary>The receivers by name.</summary>
    public required IReadOnlyDictionary<string, NoticeReceiver> Receivers { get; init; }

    /// <summary>Which alerts keep which quiet.</summary>
    public IReadOnlyList<InhibitRule> InhibitRules { get; init; } = [];

    /// <summary>The named times.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<NoticeInterval>> Intervals { get; init; } = new Dictionary<string, IReadOnlyList<NoticeInterval>>();

    /// <summary>The settings of the section <c>global</c> by their names: defaults of the receivers.</summary>
    public IReadOnlyDictionary<string, string> Global { get; init; } = new Dictionary<string, string>();

    /// <summary>The templates that texts of notices may call.</summary>
    public TemplateSet Templates { get; init; } = new();

    /// <summary>Whether a route's notices are held back at a time: within one of its mute times, or outside of all its active times.</summary>
    public bool IsMuted(Route route, DateTimeOffset time) =>
        route.MuteTimes.Any(name => IsIn(name, time)) || (route.ActiveTimes.Count > 0 && !route.ActiveTimes.Any(name => IsIn(name, time)));

    bool IsIn(string name, DateTimeOffset time) => Intervals.TryGetValue(name, out var intervals) && intervals.Any(interval => interval.Contains(time));
}
