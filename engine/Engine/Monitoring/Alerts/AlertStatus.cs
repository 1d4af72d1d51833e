using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>An alert as of the latest evaluation of its rule. Immutable.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Annotations">The texts.</param>
/// <param name="State">Pending or firing.</param>
/// <param name="Value">The element's value.</param>
/// <param name="ActiveAt">When the expression first returned it, in milliseconds since the Unix epoch.</param>
/// <param name="KeepFiringSince">Since when <c>keep_firing_for</c> alone keeps it; 0 if it does not.</param>
public sealed record AlertStatus(SeriesLabels Labels, SeriesLabels Annotations, AlertState State, double Value, long ActiveAt, long KeepFiringSince);
