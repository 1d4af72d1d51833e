using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>Takes the samples that rules produce; queries see them at once.</summary>
public interface ISeriesSink
{
    /// <summary>Appends a sample.</summary>
    /// <param name="labels">The series, with <c>__name__</c>.</param>
    /// <param name="time">Milliseconds since the Unix epoch.</param>
    /// <param name="value">The value, or <see cref="StaleMarker.Value"/>.</param>
    void Append(SeriesLabels labels, long time, double value);
}
