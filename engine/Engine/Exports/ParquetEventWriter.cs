using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Exports;

/// <summary>Writes events as Apache Parquet, with the columns of <see cref="EventRows"/>.</summary>
/// <param name="output">Receives the file; need not seek. Left open.</param>
public sealed class ParquetEventWriter(Stream output) : IEventWriter
{
    readonly ParquetRowWriter _rows = new(output, EventRows.Columns);

    /// <inheritdoc/>
    public void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId, IdHasher ids) => _rows.Write(EventRows.Of(slab, record, Encoding.UTF8.GetString(storeId), ids: ids));

    /// <inheritdoc/>
    public void Flush() => _rows.Finish();

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();
}
