using CartRecovery.Engine.Exports;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>A data set as the rows of an export.</summary>
public static class DatasetRows
{
    /// <summary>The columns: time and shopper, the features, the score, and the labels.</summary>
    public static IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new("at", ColumnKind.Time), new("shopper", ColumnKind.Integer),
        .. FeatureTable.Names.Select(name => new ExportColumn(name, ColumnKind.Fraction)),
        new("score", ColumnKind.Fraction), new("purchasedInSession", ColumnKind.Boolean), new("purchased", ColumnKind.Boolean),
        new("value", ColumnKind.Decimal),
    ];

    /// <summary>Writes all rows.</summary>
    /// <param name="writer">Receives them. The caller finishes it.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public static void Write(RowWriter writer, IEnumerable<JournalRow> rows, CancellationToken cancellation)
    {
        var values = new object?[Columns.Count];
        foreach (var row in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            (values[0], values[1]) = (row.At, (long)row.Group);
            for (var i = 0; i < row.Features.Length; i++)
            {
                values[2 + i] = float.IsFinite(row.Features[i]) ? (double)row.Features[i] : null;
            }

            values[^4] = float.IsNaN(row.Score) ? null : (double)row.Score;
            (values[^3], values[^2], values[^1]) = (row.PurchasedInSession, row.Purchased, row.Value);
            writer.Write(values);
        }
    }
}
