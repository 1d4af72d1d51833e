namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>Who is on call when. Immutable.</summary>
/// <param name="Name">The name.</param>
/// <param name="Zone">The time zone of its layers.</param>
/// <param name="Layers">The layers; the first one that applies decides.</param>
/// <param name="Overrides">Who stands in; the last one that applies decides before the layers.</param>
public sealed record OnCallSchedule(string Name, TimeZoneInfo Zone, IReadOnlyList<OnCallLayer> Layers, IReadOnlyList<OnCallOverride> Overrides)
{
    /// <summary>Who is on call; null if nobody is.</summary>
    public string? At(DateTimeOffset time) => Overrides.LastOrDefault(one => time >= one.From && time < one.To)?.Person
        ?? Layers.Select(layer => layer.At(time, Zone)).FirstOrDefault(person => person is not null);
}
