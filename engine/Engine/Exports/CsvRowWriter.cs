using System.Text;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Engine.Exports;

/// <summary>Writes rows as CSV with a header. Null is empty. A text that a spreadsheet would run as a formula begins with <c>'</c>.</summary>
sealed class CsvRowWriter : RowWriter
{
    const int BufferSize = 64 * 1024;

    readonly ColumnKind[] _kinds;
    readonly StreamWriter _text;
    readonly CsvWriter _csv;

    public CsvRowWriter(Stream output, IReadOnlyList<ExportColumn> columns)
    {
        _kinds = [.. columns.Select(column => column.Kind)];
        _text = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize, leaveOpen: true);
        _csv = new CsvWriter(_text, [.. columns.Select(column => column.Name)]);
    }

    public override void Write(object?[] row)
    {
        using var record = _csv.NewRecord();
        for (var i = 0; i < row.Length; i++)
        {
            switch (row[i])
            {
                case string text:
                    _csv.Text(record, i, text);
                    break;
                case long at when _kinds[i] == ColumnKind.Time:
                    record[i].Set(TextOf(at));
                    break;
                case long number:
                    CsvWriter.Number(record, i, number);
                    break;
                case decimal number:
                    CsvWriter.Number(record, i, number);
                    break;
                case double number:
                    CsvWriter.Number(record, i, number);
                    break;
                case bool yes:
                    record[i].Set(yes ? "true" : "false");
                    break;
                default:
                    record[i].Set("");
                    break;
            }
        }
    }

    public override void Finish()
    {
        _csv.Flush();
        _text.Flush();
    }

    public override void Dispose()
    {
        _csv.Dispose();
        _text.Dispose();
    }
}
