using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Engine.Backtest;

/// <summary>Writes events as CSV. Times are milliseconds since 1970 UTC; absent fields are empty.</summary>
sealed class EventCsv : IDisposable
{
    static readonly string[] s_columns =
        ["id", "type", "storeId", "cartId", "userId", "sessionId", "productId", "quantity", "price", "currency", "ts", "receivedAt", "meta"];

    static readonly string[] s_types = [.. Enumerable.Range(0, EventTypes.Count).Select(i => EventTypes.NameOf((EventType)i))];

    readonly CsvWriter _writer;

    /// <param name="output">Receives the text; left open.</param>
    public EventCsv(TextWriter output) => _writer = new CsvWriter(output, s_columns);

    /// <summary>Writes an event, with its ids as the shop writes them.</summary>
    public void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId, IdHasher ids)
    {
        using var line = _writer.NewRecord();
        _writer.Text(line, 0, slab.IdOf(record));
        line[1].Set(s_types[(int)record.Type]);
        _writer.Text(line, 2, storeId);
        _writer.Text(line, 3, ids.ShownForm(slab.CartOf(record)));
        _writer.Text(line, 4, ids.ShownForm(slab.UserOf(record)));
        _writer.Text(line, 5, ids.ShownForm(slab.SessionOf(record)));
        _writer.Text(line, 6, slab.ProductOf(record));
        CsvWriter.Number(line, 7, record.Quantity);
        if ((record.Flags & EventFlags.HasPrice) != 0)
        {
            CsvWriter.Number(line, 8, Money.ToDecimal(record.UnitPrice));
        }
        else
        {
            line[8].Set("");
        }

        Span<byte> currency = [(byte)record.Currency, (byte)(record.Currency >> 8), (byte)(record.Currency >> 16)];
        _writer.Text(line, 9, record.Currency == 0 ? default : currency);
        CsvWriter.Number(line, 10, record.Timestamp);
        CsvWriter.Number(line, 11, slab.ReceivedAt);
        _writer.Text(line, 12, slab.MetaOf(record));
    }

    /// <summary>Flushes the buffer to the output.</summary>
    public void Flush() => _writer.Flush();

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
