using Parquet;
using Parquet.Schema;

namespace CartRecovery.Engine.Exports;

/// <summary>Writes rows as Apache Parquet: row groups of bounded size, compressed by Snappy. Readers need the footer: a file that was cut off cannot be read.</summary>
sealed class ParquetRowWriter : RowWriter
{
    /// <summary>Maximum number of rows of a row group.</summary>
    public const int GroupRows = 50_000;

    /// <summary>Maximum memory for the values of a row group, in bytes.</summary>
    public const int GroupBytes = 16 << 20;

    readonly ParquetColumn[] _columns;
    readonly CountingStream _output;
    readonly ParquetWriter _writer;
    readonly int _groupBytes;
    int _rows;
    int _bytes;
    bool _isFinished;

    public ParquetRowWriter(Stream output, IReadOnlyList<ExportColumn> columns, int groupBytes = GroupBytes)
    {
        _groupBytes = groupBytes;
        _columns = [.. columns.Select(column => ParquetColumn.Of(column, TimeOf))];
        var schema = new ParquetSchema([.. _columns.Select(column => (Field)column.Field)]);
        _output = new CountingStream(output);
        _writer = ParquetWriter.CreateAsync(schema, _output, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy }).GetAwaiter().GetResult();
    }

    public override void Write(object?[] row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            _bytes += _columns[i].Add(row[i]);
        }

        if (++_rows == GroupRows || _bytes >= _groupBytes)
        {
            WriteGroup();
        }
    }

    public override void Finish()
    {
        if (_rows > 0)
        {
            WriteGroup();
        }

        _isFinished = true;
        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    // Writes no footer to an unfinished file, so that no reader takes it for a complete one.
    public override void Dispose()
    {
        if (!_isFinished)
        {
            (_isFinished, _output.IsCut) = (true, true);
            _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        _output.Dispose();
    }

    void WriteGroup()
    {
        using (var group = _writer.CreateRowGroup())
        {
            foreach (var column in _columns)
            {
                column.WriteAsync(group).GetAwaiter().GetResult();
            }
        }

        (_rows, _bytes) = (0, 0);
    }
}
