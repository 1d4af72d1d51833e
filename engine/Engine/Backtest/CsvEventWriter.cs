using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Backtest;

/// <summary>Writes CSV with a header.</summary>
sealed class CsvEventWriter : IEventWriter
{
    const int BufferSize = 64 * 1024;

    readonly StreamWriter _text;
    readonly EventCsv _csv;

    public CsvEventWriter(Stream output)
    {
        _text = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize, leaveOpen: true);
        _csv = new EventCsv(_text);
    }

    public void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId, IdHasher ids) => _csv.Write(slab, record, storeId, ids);

    public void Flush()
    {
        _csv.Flush();
        _text.Flush();
    }

    public void Dispose()
    {
        _csv.Dispose();
        _text.Dispose();
    }
}
