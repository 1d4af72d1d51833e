using System.Buffers;
using System.Buffers.Binary;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>Frame types of RFC 6455, section 5.2.</summary>
public enum WebSocketOpcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// <summary>Close codes of RFC 6455, section 7.4, that the engine sends.</summary>
public enum WebSocketCloseCode : ushort
{
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    UnsupportedData = 1003,
    InvalidPayload = 1007,
    PolicyViolation = 1008,
    MessageTooBig = 1009,
    ServiceRestart = 1012,
}

/// <summary>The header of a client frame (RFC 6455, section 5.2).</summary>
/// <param name="IsFinal">Whether this is the message's last frame.</param>
/// <param name="Opcode">The frame's type.</param>
/// <param name="PayloadLength">The payload's length, in bytes.</param>
/// <param name="Mask">The payload's masking key.</param>
public readonly record struct FrameHeader(bool IsFinal, WebSocketOpcode Opcode, long PayloadLength, uint Mask)
{
    /// <summary>The maximum length of a server frame's header, in bytes.</summary>
    public const int MaxServerLength = 10;

    /// <summary>The maximum payload of a control frame, in bytes.</summary>
    public const int MaxControlPayload = 125;

    const int MaxClientLength = 14;

    /// <summary>Whether this is a control frame, which may appear between the frames of a message.</summary>
    public bool IsControl => ((byte)Opcode & 8) != 0;

    /// <summary>Parses a header.</summary>
    /// <param name="reader">Advanced past the header if it is complete; otherwise unchanged.</param>
    /// <param name="header">The head.</param>
    /// <param name="violation">The violation of RFC 6455; null if there is none.</param>
    /// <returns><see langword="false"/> if more bytes are needed.</returns>
    public static bool TryRead(ref SequenceReader<byte> reader, out FrameHeader header, out string? violation)
    {
        // Read in place: a copy's bytes are still on their way to the cache, and a load across two of its stores waits for all stores before them.
        var bytes = reader.UnreadSpan;
        if (bytes.Length >= MaxClientLength)
        {
            return TryParse(bytes, ref reader, out header, out violation);
        }

        Span<byte> copy = stackalloc byte[MaxClientLength];
        copy = copy[..(int)Math.Min(MaxClientLength, reader.Remaining)];
        reader.TryCopyTo(copy);
        return TryParse(copy, ref reader, out header, out violation);
    }

    static bool TryParse(scoped ReadOnlySpan<byte> bytes, ref SequenceReader<byte> reader, out FrameHeader header, out string? violation)
    {
        header = default;
        violation = null;
        if (bytes.Length < 2)
        {
            return false;
        }

        var opcode = (byte)(bytes[0] & 0x0f);
        var isFinal = (bytes[0] & 0x80) != 0;
        violation = (bytes[0] & 0x70) != 0 ? "reserved bits are set"
            : opcode is (> 2 and < 8) or > 10 ? "the opcode is reserved"
            : (bytes[1] & 0x80) == 0 ? "a client's frame must be masked"
            : opcode >= 8 && !isFinal ? "a control frame must not be fragmented"
            : opcode >= 8 && (bytes[1] & 0x7f) > MaxControlPayload ? "a control frame must not be longer than 125 bytes" : null;
        if (violation is not null)
        {
            return true;
        }

        long length = bytes[1] & 0x7f;
        var offset = 2;
        if (length == 126)
        {
            if (bytes.Length < 4)
            {
                return false;
            }

            length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            offset = 4;
        }
        else if (length == 127)
        {
            if (bytes.Length < 10)
            {
                return false;
            }

            length = BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
            offset = 10;
            if (length < 0)
            {
                violation = "the highest bit of the length is set";
                return true;
            }
        }

        if (bytes.Length < offset + 4)
        {
            return false;
        }

        header = new FrameHeader(isFinal, (WebSocketOpcode)opcode, length, BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]));
        reader.Advance(offset + 4);
        return true;
    }

    /// <summary>Writes the header of an unfragmented server frame.</summary>
    /// <param name="target">At least <see cref="MaxServerLength"/> bytes.</param>
    /// <param name="opcode">The frame's type.</param>
    /// <param name="length">The payload's length, in bytes.</param>
    /// <returns>The head's length.</returns>
    public static int WriteServer(Span<byte> target, WebSocketOpcode opcode, int length)
    {
        target[0] = (byte)(0x80 | (byte)opcode);
        switch (length)
        {
            case < 126:
                target[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                target[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)length);
                return 4;
            default:
                target[1] = 127;
                BinaryPrimitives.WriteInt64BigEndian(target[2..], length);
                return 10;
        }
    }
}
