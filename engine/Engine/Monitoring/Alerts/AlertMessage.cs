using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>What is sent of an alert to whatever makes notices of it, in the terms of Alertmanager's API. Times are milliseconds since the Unix epoch.</summary>
/// <param name="Labels">The labels, which identify the alert.</param>
/// <param name="Annotations">The texts.</param>
/// <param name="StartsAt">When it fired.</param>
/// <param name="EndsAt">When it resolved or, while it fires, when the receiver takes it for resolved without a further message.</param>
/// <param name="IsResolved">Whether it has resolved.</param>
/// <param name="GeneratorUrl">The page of the rule's expression.</param>
public sealed record AlertMessage(SeriesLabels Labels, SeriesLabels Annotations, long StartsAt, long EndsAt, bool IsResolved, string GeneratorUrl)
{
    /// <summary>The expression's value when the alert was sent; NaN if it is not known.</summary>
    public double Value { get; init; } = double.NaN;

    /// <summary>The rule: its group's file and name, and the rule's name; empty for an alert of another program.</summary>
    public string Rule { get; init; } = "";
}
