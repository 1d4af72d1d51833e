using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Exports;
using CartRecovery.Tests.Backtest;

namespace CartRecovery.Tests.Exports;

/// <summary>Writes rows in each format and reads them back.</summary>
public sealed class RowWriterTests
{
    // 2026-11-20T09:40:00.123Z
    const long Time = 1_795_167_600_123;

    static readonly ExportColumn[] s_columns =
    [
        new("text", ColumnKind.Text), new("json", ColumnKind.Json), new("integer", ColumnKind.Integer), new("decimal", ColumnKind.Decimal), new("fraction", ColumnKind.Fraction),
        new("at", ColumnKind.Time), new("yes", ColumnKind.Boolean),
    ];

    static readonly object?[][] s_rows =
    [
        ["=cmd \"é\"", """{"a":[1]}""", -7L, 1234.5678m, 0.25, Time, true],
        [null, null, null, null, null, null, null],
        ["plain", "\"t\"", long.MaxValue, -0.0001m, -1e-9, 0L, false],
    ];

    [Test]
    public void Json_lines_omit_nulls()
    {
        var lines = Encoding.UTF8.GetString(Write(ExportFormat.Ndjson, s_rows)).Split('\n');
        Assert.That(lines, Is.EqualTo(new[]
        {
            """{"text":"=cmd \"é\"","json":{"a":[1]},"integer":-7,"decimal":1234.5678,"fraction":0.25,"at":"2026-11-20T09:40:00.123Z","yes":true}""",
            "{}",
            """{"text":"plain","json":"t","integer":9223372036854775807,"decimal":-0.0001,"fraction":-1E-09,"at":"1970-01-01T00:00:00.000Z","yes":false}""",
            "",
        }));
    }

    [Test]
    public void Csv_has_a_header_and_no_formulas()
    {
        var rows = Csv.Parse(Encoding.UTF8.GetString(Write(ExportFormat.Csv, s_rows)));
        Assert.That(rows, Is.EqualTo(new[]
        {
            s_columns.Select(column => column.Name).ToArray(),
            ["'=cmd \"é\"", """{"a":[1]}""", "-7", "1234.5678", "0.25", "2026-11-20T09:40:00.123Z", "true"],
            ["", "", "", "", "", "", ""],
            ["plain", "\"t\"", "9223372036854775807", "-0.0001", "-1E-09", "1970-01-01T00:00:00.000Z", "false"],
        }));
    }

    [Test]
    public async Task Parquet_has_typed_columns()
    {
        var table = await ParquetTable.ReadAsync(Write(ExportFormat.Parquet, s_rows));
        Assert.That(table.Columns, Is.EqualTo(s_columns.Select(column => column.Name)));
        var time = DateTimeOffset.FromUnixTimeMilliseconds(Time).UtcDateTime;
        Assert.That(table.Rows, Is.EqualTo(new[]
        {
            ["=cmd \"é\"", """{"a":[1]}""", -7L, 1234.5678m, 0.25, time, true],
            s_rows[1],
            ["plain", "\"t\"", long.MaxValue, -0.0001m, -1e-9, DateTime.UnixEpoch, false],
        }));
    }

    [Test]
    public async Task Parquet_is_written_in_groups_of_bounded_size()
    {
        object?[] row = ["x", null, 1L, null, null, null, null];
        var bytes = Write(ExportFormat.Parquet, Enumerable.Repeat(row, ParquetRowWriter.GroupRows + 2));
        var table = await ParquetTable.ReadAsync(bytes);
        Assert.That((table.Groups, table.Rows.Count), Is.EqualTo((2, ParquetRowWriter.GroupRows + 2)));

        row[0] = new string('x', 1 << 20);
        Assert.That((await ParquetTable.ReadAsync(Write(ExportFormat.Parquet, Enumerable.Repeat(row, 20)))).Groups, Is.GreaterThan(1), "long texts");
    }

    [TestCase(ExportFormat.Ndjson, 0)]
    [TestCase(ExportFormat.Csv, 1)]
    public void An_export_without_rows_is_empty(ExportFormat format, int lines) =>
        Assert.That(Encoding.UTF8.GetString(Write(format, [])).Count(letter => letter == '\n'), Is.EqualTo(lines));

    [Test]
    public async Task A_Parquet_file_without_rows_is_valid() => Assert.That((await ParquetTable.ReadAsync(Write(ExportFormat.Parquet, []))).Rows, Is.Empty);

    [Test]
    public void A_failed_export_has_no_Parquet_footer()
    {
        using var output = new MemoryStream();
        using (var writer = RowWriter.Create(ExportFormat.Parquet, output, s_columns))
        {
            writer.Write(s_rows[0]);
        }

        Assert.That(async () => await ParquetTable.ReadAsync(output.ToArray()), Throws.InstanceOf<Exception>());
    }

    [Test]
    public void Rows_are_streamed()
    {
        using var output = new MemoryStream();
        using var writer = RowWriter.Create(ExportFormat.Ndjson, output, s_columns);
        for (var i = 0; i < 2000; i++)
        {
            writer.Write(s_rows[0]);
        }

        Assert.That(output.Length, Is.GreaterThan(64 * 1024), "what is buffered is bounded");
        using var first = JsonDocument.Parse(Encoding.UTF8.GetString(output.ToArray()).Split('\n')[0]);
        Assert.That(first.RootElement.GetProperty("integer").GetInt64(), Is.EqualTo(-7));
    }

    static byte[] Write(ExportFormat format, IEnumerable<object?[]> rows)
    {
        using var output = new MemoryStream();
        using var writer = RowWriter.Create(format, output, s_columns);
        foreach (var row in rows)
        {
            writer.Write(row);
        }

        writer.Finish();
        return output.ToArray();
    }
}
