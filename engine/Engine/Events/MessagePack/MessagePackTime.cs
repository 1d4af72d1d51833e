using System.Buffers.Binary;
using System.Globalization;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>MessagePack's extension for a time.</summary>
static class MessagePackTime
{
    /// <summary>Bytes of the longest text.</summary>
    public const int MaxText = 40;

    const sbyte ExtensionType = -1;
    const int NanosecondsASecond = 1_000_000_000;

    // Far beyond any clock, and safe to count in milliseconds.
    const long FarSeconds = 1_000_000_000_000;

    /// <summary>Reads the extension that a reader has just read.</summary>
    /// <param name="reader">Behind it.</param>
    /// <param name="seconds">Since 1970 UTC.</param>
    /// <param name="nanoseconds">Beside them, below 1,000,000,000.</param>
    /// <returns>False when it is no time.</returns>
    public static bool TryRead(in MessagePackReader reader, out long seconds, out int nanoseconds)
    {
        var content = reader.Content;
        ulong fraction = 0;
        seconds = 0;
        switch (reader.ExtensionType, content.Length)
        {
            case (ExtensionType, 4):
                seconds = BinaryPrimitives.ReadUInt32BigEndian(content);
                break;
            case (ExtensionType, 8):
                var packed = BinaryPrimitives.ReadUInt64BigEndian(content);
                fraction = packed >> 34;
                seconds = (long)(packed & 0x3_ffff_ffff);
                break;
            case (ExtensionType, 12):
                fraction = BinaryPrimitives.ReadUInt32BigEndian(content);
                seconds = BinaryPrimitives.ReadInt64BigEndian(content[4..]);
                break;
            default:
                fraction = NanosecondsASecond;
                break;
        }

        nanoseconds = (int)Math.Min(fraction, NanosecondsASecond);
        return nanoseconds < NanosecondsASecond;
    }

    /// <summary>Milliseconds since 1970 UTC; a time beyond any clock is far off either way.</summary>
    public static long ToMilliseconds(long seconds, int nanoseconds) =>
        (Math.Clamp(seconds, -FarSeconds, FarSeconds) * 1000) + (nanoseconds / 1_000_000);

    /// <summary>Writes the time as RFC 3339 with all of its precision.</summary>
    /// <param name="seconds">Since 1970 UTC.</param>
    /// <param name="nanoseconds">Beside them.</param>
    /// <param name="text">Where to; of <see cref="MaxText"/> bytes.</param>
    /// <param name="length">Bytes written.</param>
    /// <returns>False for a year before 1 or after 9999.</returns>
    public static bool TryFormat(long seconds, int nanoseconds, Span<byte> text, out int length)
    {
        length = 0;
        if (seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return false;
        }

        DateTimeOffset.FromUnixTimeSeconds(seconds).TryFormat(text, out length, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        if (nanoseconds > 0)
        {
            text[length++] = (byte)'.';
            nanoseconds.TryFormat(text[length..], out var digits, "D9", CultureInfo.InvariantCulture);
            length += digits;
        }

        text[length++] = (byte)'Z';
        return true;
    }
}
