using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.RuleTests;

/// <summary>A test of a file: series, and what rules and expressions make of them. Times are milliseconds from the series' start.</summary>
sealed record RuleTest
{
    public required string Name { get; init; }

    public required long Interval { get; init; }

    public required IReadOnlyList<(SeriesLabels Labels, IReadOnlyList<double?> Values)> Series { get; init; }

    public required IReadOnlyList<ExpectedAlerts> Alerts { get; init; }

    public required IReadOnlyList<ExpectedSamples> Expressions { get; init; }
}

/// <summary>The alerts of one name that fire at a time.</summary>
sealed record ExpectedAlerts(long At, string AlertName, IReadOnlyList<(SeriesLabels Labels, SeriesLabels Annotations)> Alerts);

/// <summary>The result of an expression at a time.</summary>
sealed record ExpectedSamples(long At, PromQuery Query, IReadOnlyList<VectorSample> Samples);
