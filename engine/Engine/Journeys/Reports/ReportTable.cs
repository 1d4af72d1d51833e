using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Rows of a report, which go out as JSON objects or as CSV.</summary>
/// <param name="Columns">Their names, in camelCase.</param>
public sealed record ReportTable(IReadOnlyList<string> Columns)
{
    static readonly SearchValues<char> s_quoted = SearchValues.Create(",\"\r\n");

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

    /// <summary>CSV as RFC 4180 says, with a line of names. A text that a spreadsheet would take for a formula is given a quote in front.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        foreach (var row in Rows)
        {
            text.AppendJoin(',', row.Select(Cell)).Append("\r\n");
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

    static string Cell(object? value)
    {
        if (value is not string text)
        {
            return Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        }

        text = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;
        return text.AsSpan().ContainsAny(s_quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
