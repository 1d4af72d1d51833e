using System.Buffers.Binary;
using System.Globalization;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>Reads and formats MessagePack's timestamp extension.</summary>
static class MessagePackTime
{
    /// <summary>Maximum length of a formatted time, in bytes.</summary>
    public const int MaxText = 40;

    const sbyte ExtensionType = -1;
    const int NanosecondsASecond = 1_000_000_000;

    // Far beyond any clock, yet safe to convert to milliseconds.
    const long FarSeconds = 1_000_000_000_000;

    /// <summary>Reads the extension that a reader has just read.</summary>
    /// <param name="reader">Positioned after the extension.</param>
    /// <param name="seconds">Seconds since 1970 UTC.</param>
    /// <param name="nanoseconds">Additional nanoseconds, below 1,000,000,000.</param>
    /// <returns><see langword="false"/> if it is not a timestamp.</returns>
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

    /// <summary>Converts to milliseconds since 1970 UTC; extreme values saturate.</summary>
    public static long ToMilliseconds(long seconds, int nanoseconds) =>
        (Math.Clamp(seconds, -FarSeconds, FarSeconds) * 1000) + (nanoseconds / 1_000_000);

    /// <summary>Formats the time as RFC 3339 with full precision.</summary>
    /// <param name="seconds">Seconds since 1970 UTC.</param>
    /// <param name="nanoseconds">Additional nanoseconds.</param>
    /// <param name="text">Receives the text; at least <see cref="MaxText"/> bytes.</param>
    /// <param name="length">Bytes written.</param>
    /// <returns><see langword="false"/> for a year before 1 or after 9999.</returns>
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
