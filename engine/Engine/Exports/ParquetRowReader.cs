using System.Diagnostics;
using Parquet;
using Parquet.Schema;

namespace CartRecovery.Engine.Exports;

/// <summary>Reads the rows of a Parquet file that <see cref="ParquetRowWriter"/> wrote. Holds one row group in memory, and blocks its thread.</summary>
public static class ParquetRowReader
{
    /// <summary>Reads the rows.</summary>
    /// <param name="input">The file; must be able to seek. Left open.</param>
    /// <param name="columns">The expected columns.</param>
    /// <exception cref="InvalidDataException">The file has other columns.</exception>
    public static IEnumerable<object?[]> Read(Stream input, IReadOnlyList<ExportColumn> columns)
    {
        var reader = ParquetReader.CreateAsync(input, leaveStreamOpen: true).GetAwaiter().GetResult();
        try
        {
            var fields = reader.Schema.GetDataFields();
            if (!fields.Select(field => field.Name).SequenceEqual(columns.Select(column => column.Name)))
            {
                throw new InvalidDataException($"The file has the columns {string.Join(", ", fields.Select(field => field.Name))}.");
            }

            for (var number = 0; number < reader.RowGroupCount; number++)
            {
                using var group = reader.OpenRowGroupReader(number);
                var values = new object?[fields.Length][];
                for (var i = 0; i < fields.Length; i++)
                {
                    values[i] = ReadAsync(group, fields[i], columns[i].Kind).GetAwaiter().GetResult();
                }

                for (var row = 0; row < group.RowCount; row++)
                {
                    yield return Array.ConvertAll(values, column => column[row]);
                }
            }
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    static async Task<object?[]> ReadAsync(ParquetRowGroupReader group, DataField field, ColumnKind kind)
    {
        switch (kind)
        {
            case ColumnKind.Text or ColumnKind.Json:
                var texts = new string?[group.RowCount];
                await group.ReadAsync(field, texts!);
                return texts;
            case ColumnKind.Integer:
                return await ReadAsync<long>(group, field, value => value);
            case ColumnKind.Decimal:
                return await ReadAsync<decimal>(group, field, value => value);
            case ColumnKind.Fraction:
                return await ReadAsync<double>(group, field, value => value);
            case ColumnKind.Boolean:
                return await ReadAsync<bool>(group, field, value => value);
            case ColumnKind.Time:
                return await ReadAsync<DateTime>(group, field, value => new DateTimeOffset(value, TimeSpan.Zero).ToUnixTimeMilliseconds());
            default:
                throw new UnreachableException($"{kind}");
        }
    }

    static async Task<object?[]> ReadAsync<T>(ParquetRowGroupReader group, DataField field, Func<T, object> convert)
        where T : struct
    {
        var values = new T?[group.RowCount];
        await group.ReadAsync<T>(field, values.AsMemory());
        return Array.ConvertAll(values, value => value is { } known ? convert(known) : null);
    }
}
