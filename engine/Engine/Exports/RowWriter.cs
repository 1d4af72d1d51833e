using System.Globalization;
using CartRecovery.Engine.Backtest;

namespace CartRecovery.Engine.Exports;

/// <summary>Writes rows in an export format, with bounded memory. Not thread-safe; blocks its thread while the receiver does not read.</summary>
public abstract class RowWriter : IDisposable
{
    static readonly (long Min, long Max) s_calendar =
        (DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    /// <summary>Creates a writer.</summary>
    /// <param name="format">The format.</param>
    /// <param name="output">Receives the rows; need not seek. Left open.</param>
    /// <param name="columns">The columns.</param>
    public static RowWriter Create(ExportFormat format, Stream output, IReadOnlyList<ExportColumn> columns) => format switch
    {
        ExportFormat.Csv => new CsvRowWriter(output, columns),
        ExportFormat.Parquet => new ParquetRowWriter(output, columns),
        _ => new JsonRowWriter(output, columns),
    };

    /// <summary>Returns a format's media type.</summary>
    public static string MediaTypeOf(ExportFormat format) => format switch
    {
        ExportFormat.Csv => "text/csv",
        ExportFormat.Parquet => "application/vnd.apache.parquet",
        _ => "application/x-ndjson",
    };

    /// <summary>Writes a row. The writer may buffer it.</summary>
    /// <param name="row">A value of the column's type for each column. Not kept.</param>
    public abstract void Write(object?[] row);

    /// <summary>Writes the buffered rows and the format's footer. Call once, after the last row. Otherwise the output is incomplete.</summary>
    public abstract void Finish();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Formats a time as RFC 3339, clamped to the range of <see cref="DateTime"/>.</summary>
    /// <param name="milliseconds">Milliseconds since 1970 UTC.</param>
    protected static string TextOf(long milliseconds) => TimeOf(milliseconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>Converts a time, clamped to the range of <see cref="DateTime"/>.</summary>
    /// <param name="milliseconds">Milliseconds since 1970 UTC.</param>
    protected static DateTime TimeOf(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, s_calendar.Min, s_calendar.Max)).UtcDateTime;
}
