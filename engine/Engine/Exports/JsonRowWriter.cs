using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using CartRecovery.Engine.Events.Json;

namespace CartRecovery.Engine.Exports;

/// <summary>Writes rows as JSON objects, one per line, without fields that are null.</summary>
sealed class JsonRowWriter : RowWriter
{
    const int BufferSize = 64 * 1024;

    readonly Stream _output;
    readonly IReadOnlyList<ExportColumn> _columns;
    readonly ArrayBufferWriter<byte> _buffer = new(2 * BufferSize);
    readonly Utf8JsonWriter _json;

    public JsonRowWriter(Stream output, IReadOnlyList<ExportColumn> columns)
    {
        _output = output;
        _columns = columns;
        _json = new Utf8JsonWriter(_buffer, EventJson.WriterOptions);
    }

    public override void Write(object?[] row)
    {
        _json.Reset(_buffer);
        WriteRow(_json, _columns, row);
        _json.Flush();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= BufferSize)
        {
            Flush();
        }
    }

    /// <summary>Writes a row as a JSON object.</summary>
    public static void WriteRow(Utf8JsonWriter json, IReadOnlyList<ExportColumn> columns, object?[] row)
    {
        json.WriteStartObject();
        for (var i = 0; i < row.Length; i++)
        {
            if (row[i] is { } value)
            {
                json.WritePropertyName(columns[i].Name);
                WriteValue(json, columns[i].Kind, value);
            }
        }

        json.WriteEndObject();
    }

    public override void Finish() => Flush();

    public override void Dispose() => _json.Dispose();

    static void WriteValue(Utf8JsonWriter json, ColumnKind kind, object value)
    {
        switch (kind)
        {
            case ColumnKind.Text:
                json.WriteStringValue((string)value);
                break;
            case ColumnKind.Json:
                json.WriteRawValue((string)value, skipInputValidation: true);
                break;
            case ColumnKind.Integer:
                json.WriteNumberValue((long)value);
                break;
            case ColumnKind.Decimal:
                json.WriteNumberValue((decimal)value);
                break;
            case ColumnKind.Fraction:
                json.WriteNumberValue((double)value);
                break;
            case ColumnKind.Time:
                json.WriteStringValue(TextOf((long)value));
                break;
            case ColumnKind.Boolean:
                json.WriteBooleanValue((bool)value);
                break;
            default:
                throw new UnreachableException($"{kind}");
        }
    }

    void Flush()
    {
        _output.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }
}
