using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>A series of the history: its labels and the samples in memory. Guarded by the history's lock.</summary>
sealed class HistorySeries(int id, SeriesLabels labels, long firstTime)
{
    /// <summary>The number on disk.</summary>
    public int Id => id;

    /// <summary>The labels.</summary>
    public SeriesLabels Labels => labels;

    /// <summary>The time of the first sample ever.</summary>
    public long FirstTime => firstTime;

    /// <summary>Whether the series is on disk.</summary>
    public bool IsStored { get; set; }

    /// <summary>The time of the last sample.</summary>
    public long LastTime { get; set; }

    /// <summary>The last value.</summary>
    public double LastValue { get; set; }

    /// <summary>The time of the last sample whose window is on disk; 0 if none.</summary>
    public long Sealed { get; set; }

    /// <summary>The window that takes samples, if any.</summary>
    public HistoryWindow? Open { get; set; }

    /// <summary>Windows that are complete and not yet on disk, oldest first.</summary>
    public List<HistoryWindow> Closed { get; } = [];
}
