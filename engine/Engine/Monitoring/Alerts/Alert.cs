using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>An alert of a rule. Its labels identify it within the rule. All times are milliseconds since the Unix epoch, 0 for none.</summary>
public sealed class Alert
{
    /// <summary>The element's labels, the rule's and <c>alertname</c>.</summary>
    public required SeriesLabels Labels { get; init; }

    /// <summary>The annotations of the latest evaluation that returned the element.</summary>
    public SeriesLabels Annotations { get; internal set; } = SeriesLabels.Empty;

    /// <summary>The state.</summary>
    public AlertState State { get; internal set; }

    /// <summary>The element's latest value.</summary>
    public double Value { get; internal set; }

    /// <summary>When the expression first returned the element.</summary>
    public long ActiveAt { get; internal set; }

    /// <summary>When the alert went into firing.</summary>
    public long FiredAt { get; internal set; }

    /// <summary>When the alert went into inactive.</summary>
    public long ResolvedAt { get; internal set; }

    /// <summary>When the alert was last sent.</summary>
    public long LastSentAt { get; internal set; }

    /// <summary>Since when <c>keep_firing_for</c> alone keeps the alert.</summary>
    public long KeepFiringSince { get; internal set; }

    // The first series that the state is written as is made once.
    internal SeriesLabels? Written { get; set; }

    internal SeriesLabels? WrittenFor { get; set; }

    // Whether the store has not seen the latest change.
    internal bool IsChanged { get; set; } = true;
}
