using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Backtest;

/// <summary>Writes native JSON, one event per line.</summary>
sealed class JsonEventWriter(Stream output) : IEventWriter
{
    const int BufferSize = 256 * 1024;

    readonly ArrayBufferWriter<byte> _buffer = new(BufferSize + (64 * 1024));
    Utf8JsonWriter? _json;

    public void Write(EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId, IdHasher ids)
    {
        _json ??= new Utf8JsonWriter(_buffer, EventJson.WriterOptions);
        _json.Reset(_buffer);
        EventJson.Write(_json, slab, record, storeId, ids);
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
