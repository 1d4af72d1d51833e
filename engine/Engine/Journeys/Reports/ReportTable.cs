using System.Globalization;
using System.Text.Json;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Rows of a report, which go out as JSON objects or as CSV.</summary>
/// <param name="Columns">Their names, in camelCase.</param>
public sealed record ReportTable(IReadOnlyList<string> Columns)
{
    /// <summary>A value for each column: text, whole number, fraction, or nothing.</summary>
    public List<object?[]> Rows { get; } = [];

    /// <summary>Writes an array of objects.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var row in Rows)
        {
            writer.WriteStartObject();
            for (var i = 0; i < Columns.Count; i++)
            {
                writer.WritePropertyName(Columns[i]);
                Write(writer, row[i]);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>CSV (RFC 4180) with a line of names.</summary>
    public string ToCsv()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var writer = new CsvWriter(text, Columns))
        {
            foreach (var row in Rows)
            {
                using var record = writer.NewRecord();
                for (var i = 0; i < row.Length; i++)
                {
                    // Numbers are no formulas, though a negative one begins like it.
                    if (row[i] is string value)
                    {
                        writer.Text(record, i, value);
                    }
                    else
                    {
                        record[i].Set(Convert.ToString(row[i], CultureInfo.InvariantCulture));
                    }
                }
            }
        }

        return text.ToString();
    }

    static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case string text:
                writer.WriteStringValue(text);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            case bool yes:
                writer.WriteBooleanValue(yes);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
