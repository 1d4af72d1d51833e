namespace CartRecovery.Engine.Monitoring.History;

/// <summary>The type of a metric. The numbers are on disk.</summary>
public enum MetricType
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>Only rises, except when it starts again.</summary>
    Counter = 1,

    /// <summary>Rises and falls.</summary>
    Gauge = 2,

    /// <summary>Cumulative buckets, a sum and a count.</summary>
    Histogram = 3,

    /// <summary>Quantiles, a sum and a count.</summary>
    Summary = 4,

    /// <summary>Labels that describe something; the value is 1.</summary>
    Info = 5,
}
