using CartRecovery.Engine.Journeys.Reports;

namespace CartRecovery.Engine.Exports;

/// <summary>
/// Reads interventions and conversions of a store as rows, oldest first. Reads a page at a time, so that a slow receiver does not keep a read transaction open. Continues
/// after any row. Blocks its thread.
/// </summary>
public static class ReportRows
{
    const int PageRows = 1000;

    /// <summary>The columns of interventions: those of <c>GET /v1/interventions</c>.</summary>
    public static IReadOnlyList<ExportColumn> Interventions { get; } = ColumnsOf(InterventionList.Names);

    /// <summary>The columns of conversions: those of <c>GET /v1/conversions</c>, and the order's id.</summary>
    public static IReadOnlyList<ExportColumn> Conversions { get; } = ColumnsOf(ConversionRows.Names);

    /// <summary>Reads interventions that were decided in a period.</summary>
    /// <inheritdoc cref="Read"/>
    public static IEnumerable<(object?[] Row, string Place)> ReadInterventions(
        JourneyReports reports, string storeId, (long From, long To) period, string? after, int more, CancellationToken cancellation) =>
        Read((place, limit) => InterventionList.After(reports, storeId, period, place, limit), InterventionList.Names.Count, after, more, cancellation);

    /// <summary>Reads the orders and refunds of a period.</summary>
    /// <inheritdoc cref="Read"/>
    public static IEnumerable<(object?[] Row, string Place)> ReadConversions(
        JourneyReports reports, string storeId, (long From, long To) period, string? after, int more, CancellationToken cancellation) =>
        Read((place, limit) => ConversionRows.After(reports, storeId, period, place, limit), ConversionRows.Names.Count, after, more, cancellation);

    /// <summary>Reads rows.</summary>
    /// <param name="page">Reads a page of rows after a position. Each row has the columns, the time and the key.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="after">Begins after this row; <see langword="null"/> to begin with the first.</param>
    /// <param name="more">The number of further columns in each row.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    static IEnumerable<(object?[] Row, string Place)> Read(
        Func<RowPlace, int, List<object?[]>> page, int columns, string? after, int more, CancellationToken cancellation)
    {
        var place = after is null ? RowPlace.First : RowPlace.Parse(after) ?? throw new ArgumentException("The text is not the position of a row.", nameof(after));
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = page(place, PageRows);
            foreach (var read in rows)
            {
                var row = new object?[columns + more];
                Array.Copy(read, row, columns);
                place = new RowPlace((long)read[columns]!, (string)read[columns + 1]!);
                yield return (row, place.ToString());
            }

            if (rows.Count < PageRows)
            {
                yield break;
            }
        }
    }

    static ExportColumn[] ColumnsOf(IReadOnlyList<string> names) => [.. names.Select(name => new ExportColumn(name, KindOf(name)))];

    static ColumnKind KindOf(string name) => name switch
    {
        "step" or "journey" => ColumnKind.Integer,
        "value" => ColumnKind.Decimal,
        "propensity" => ColumnKind.Fraction,
        "verified" => ColumnKind.Boolean,
        "at" => ColumnKind.Time,
        _ when name.EndsWith("At", StringComparison.Ordinal) || name.EndsWith("Until", StringComparison.Ordinal) => ColumnKind.Time,
        _ => ColumnKind.Text,
    };
}
