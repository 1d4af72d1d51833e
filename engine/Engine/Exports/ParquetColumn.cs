using System.Diagnostics;
using Parquet;
using Parquet.Schema;

namespace CartRecovery.Engine.Exports;

/// <summary>Buffers a column's values of a row group. Not thread-safe.</summary>
abstract class ParquetColumn
{
    // Enough for the four decimal places of money and its largest amount.
    const int Precision = 18, Scale = 4;

    ParquetColumn(DataField field) => Field = field;

    /// <summary>The column in the file's schema.</summary>
    public DataField Field { get; }

    /// <summary>Creates a column, which is nullable.</summary>
    /// <param name="column">The column.</param>
    /// <param name="timeOf">Converts times (ms since 1970 UTC).</param>
    public static ParquetColumn Of(ExportColumn column, Func<long, DateTime> timeOf) => column.Kind switch
    {
        ColumnKind.Text or ColumnKind.Json => new Texts(column.Name),
        ColumnKind.Integer => new Values<long>(new DataField<long?>(column.Name), value => (long)value),
        ColumnKind.Decimal => new Values<decimal>(new DecimalDataField(column.Name, Precision, Scale, isNullable: true), value => decimal.Round((decimal)value, Scale)),
        ColumnKind.Fraction => new Values<double>(new DataField<double?>(column.Name), value => (double)value),
        ColumnKind.Time => new Values<DateTime>(
            new DateTimeDataField(column.Name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Millis, isNullable: true), value => timeOf((long)value)),
        ColumnKind.Boolean => new Values<bool>(new DataField<bool?>(column.Name), value => (bool)value),
        _ => throw new UnreachableException($"{column.Kind}"),
    };

    /// <summary>Adds a value.</summary>
    /// <returns>The memory for the value, in bytes, approximately.</returns>
    public abstract int Add(object? value);

    /// <summary>Writes the buffered values, and removes them.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group);

    sealed class Texts(string name) : ParquetColumn(new DataField<string>(name, nullable: true))
    {
        // Bytes of a string in memory, in addition to its characters.
        const int Overhead = 24;

        readonly List<string?> _values = [];

        public override int Add(object? value)
        {
            _values.Add((string?)value);
            return value is string text ? (2 * text.Length) + Overhead : sizeof(long);
        }

        public override async Task WriteAsync(ParquetRowGroupWriter group)
        {
            await group.WriteAsync(Field, _values!);
            _values.Clear();
        }
    }

    sealed class Values<T>(DataField field, Func<object, T> convert) : ParquetColumn(field)
        where T : struct
    {
        const int Size = 16;

        readonly List<T?> _values = [];

        public override int Add(object? value)
        {
            _values.Add(value is null ? null : convert(value));
            return Size;
        }

        public override async Task WriteAsync(ParquetRowGroupWriter group)
        {
            await group.WriteAsync<T>(Field, _values.ToArray());
            _values.Clear();
        }
    }
}
