using Parquet;
using Parquet.Schema;

namespace CartRecovery.Tests.Exports;

/// <summary>A Parquet file in memory.</summary>
/// <param name="Columns">The names of its columns.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Groups">The number of its row groups.</param>
sealed record ParquetTable(IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows, int Groups)
{
    /// <summary>Reads a file.</summary>
    public static async Task<ParquetTable> ReadAsync(byte[] bytes)
    {
        await using var reader = await ParquetReader.CreateAsync(new MemoryStream(bytes));
        var fields = reader.Schema.GetDataFields();
        var rows = new List<object?[]>();
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var part = reader.OpenRowGroupReader(group);
            var columns = new List<object?[]>();
            foreach (var field in fields)
            {
                columns.Add(await ColumnAsync(part, field));
            }

            rows.AddRange(Enumerable.Range(0, (int)part.RowCount).Select(i => columns.Select(column => column[i]).ToArray()));
        }

        return new ParquetTable([.. fields.Select(field => field.Name)], rows, reader.RowGroupCount);
    }

    static async Task<object?[]> ColumnAsync(ParquetRowGroupReader part, DataField field)
    {
        if (field.ClrType == typeof(ReadOnlyMemory<char>) || field.ClrType == typeof(string))
        {
            var texts = new string?[part.RowCount];
            await part.ReadAsync(field, texts!);
            return texts;
        }

        return field.ClrType == typeof(long) ? await ValuesAsync<long>(part, field) : field.ClrType == typeof(decimal) ? await ValuesAsync<decimal>(part, field)
            : field.ClrType == typeof(double) ? await ValuesAsync<double>(part, field) : field.ClrType == typeof(bool) ? await ValuesAsync<bool>(part, field)
            : await ValuesAsync<DateTime>(part, field);
    }

    static async Task<object?[]> ValuesAsync<T>(ParquetRowGroupReader part, DataField field)
        where T : struct
    {
        var values = new T?[part.RowCount];
        await part.ReadAsync<T>(field, values.AsMemory());
        return [.. values.Select(value => (object?)value)];
    }
}
