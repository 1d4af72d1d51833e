using System.Globalization;
using System.Text.Json;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Rows of a report, written as JSON objects or CSV.</summary>
/// <param name="Columns">Column names, in camelCase.</param>
public sealed record ReportTable(IReadOnlyList<string> Columns)
{
    /// <summary>The rows, with a value per column: text, integer, fraction, Boolean, or null.</summary>
    public List<object?[]> Rows { get; } = [];

    /// <summary>Writes an array of JSON objects.</summary>
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

    /// <summary>Returns CSV (RFC 4180) with a header row.</summary>
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
                    // Numbers are not formulas, although a negative one starts like one.
                    if (row[i] is string value)
                    {
                        writer.Text(record, i, value);
                    }
                    else
                    {
                        record[i].Set(row[i] is bool yes ? (yes ? "true" : "false") : Convert.ToString(row[i], CultureInfo.InvariantCulture));
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
