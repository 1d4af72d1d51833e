using System.Buffers;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;

namespace CartRecovery.Engine.Backtest;

/// <summary>Writes events to a stream in an export format. Does not allocate per event.</summary>
interface IEventWriter : IDisposable
{
    /// <summary>Writes an event, possibly to a buffer.</summary>
    void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId);

    /// <summary>Flushes the buffer.</summary>
    void Flush();
}

/// <summary>Writes native JSON, one event per line.</summary>
sealed class JsonEventWriter(Stream output) : IEventWriter
{
    const int BufferSize = 256 * 1024;

    readonly ArrayBufferWriter<byte> _buffer = new(BufferSize + (64 * 1024));
    Utf8JsonWriter? _json;

    public void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId)
    {
        _json ??= new Utf8JsonWriter(_buffer, EventJson.WriterOptions);
        _json.Reset(_buffer);
        EventJson.Write(_json, slab, record, storeId);
        _json.Flush();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= BufferSize)
        {
            Flush();
        }
    }

    public void Flush()
    {
        output.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    public void Dispose() => _json?.Dispose();
}

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

    public void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId) => _csv.Write(slab, record, storeId);

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
