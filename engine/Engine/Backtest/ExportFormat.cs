namespace CartRecovery.Engine.Backtest;

/// <summary>The formats of an export.</summary>
public enum ExportFormat
{
    /// <summary>JSON, one object per line.</summary>
    Ndjson,

    /// <summary>RFC 4180 CSV with a header.</summary>
    Csv,

    /// <summary>Apache Parquet, compressed by Snappy.</summary>
    Parquet,
}
