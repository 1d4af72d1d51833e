using System.Buffers.Binary;

namespace CartRecovery.Bench.Baselines;

/// <summary>How messages are delimited on a connection.</summary>
enum Wire
{
    /// <summary>Masked WebSocket frames, one message each.</summary>
    Frames,

    /// <summary>Lines, one message each.</summary>
    Lines,

    /// <summary>A big-endian length of 4 bytes before each message.</summary>
    LengthPrefixed,
}

/// <summary>Counts the messages of a connection by their boundaries, across arbitrary reads, without inspecting payloads.</summary>
sealed class MessageCounter(Wire wire)
{
    const byte Final = 0x80;
    const byte Control = 0x08;
    const byte Close = 8;

    readonly byte[] _header = new byte[14];
    int _have;
    bool _inPayload;
    bool _counts;
    long _rest;

    /// <summary>Whether the client began the closing handshake.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Returns the number of messages that end in these bytes.</summary>
    public int Count(ReadOnlySpan<byte> bytes)
    {
        if (wire == Wire.Lines)
        {
            return bytes.Count((byte)'\n');
        }

        var messages = 0;
        while (true)
        {
            if (_inPayload)
            {
                var step = (int)Math.Min(_rest, bytes.Length);
                bytes = bytes[step..];
                _rest -= step;
                if (_rest > 0)
                {
                    return messages;
                }

                messages += _counts ? 1 : 0;
                _inPayload = false;
                _have = 0;
            }

            while (!HeaderIsWhole())
            {
                if (bytes.IsEmpty)
                {
                    return messages;
                }

                _header[_have++] = bytes[0];
                bytes = bytes[1..];
            }

            BeginPayload();
        }
    }

    bool HeaderIsWhole() => _have >= (wire == Wire.LengthPrefixed ? 4 : 2)
        && (wire == Wire.LengthPrefixed || _have == LengthBytes() + 2 + ((_header[1] & 0x80) != 0 ? 4 : 0));

    int LengthBytes() => (_header[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };

    void BeginPayload()
    {
        _inPayload = true;
        _counts = true;
        if (wire == Wire.LengthPrefixed)
        {
            _rest = BinaryPrimitives.ReadUInt32BigEndian(_header);
            return;
        }

        _rest = LengthBytes() switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
            8 => BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(2)),
            _ => _header[1] & 0x7F,
        };
        var opcode = _header[0] & 0x0F;
        _counts = (_header[0] & Final) != 0 && (opcode & Control) == 0;
        IsClosed |= opcode == Close;
    }
}
