namespace CartRecovery.Engine.Events.Clocks;

/// <summary>Parses the time of an event.</summary>
static class EventTime
{
    // More digits than any clock has; digits beyond milliseconds are dropped.
    const int MaxDigits = 16;

    /// <summary>Parses RFC 3339 into milliseconds since 1970 UTC. Seconds and their fraction are optional; the zone is required.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long time)
    {
        time = 0;
        if (text.Length < "2024-11-20T09:40Z".Length || !TryReadMinute(text, out var moment))
        {
            return false;
        }

        text = text["2024-11-20T09:40".Length..];
        if (text[0] == ':')
        {
            if (text.Length < 4 || !TryDigits(text.Slice(1, 2), 59, out var second))
            {
                return false;
            }

            moment += second * 1000;
            text = text[3..];
            if (text[0] == '.' && !TryReadFraction(ref text, ref moment))
            {
                return false;
            }
        }

        if (!TryReadZone(text, out var minutes))
        {
            return false;
        }

        time = moment - (minutes * 60_000L);
        return time >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
    }

    static bool TryReadMinute(ReadOnlySpan<byte> text, out long moment)
    {
        moment = 0;
        if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':'
            || !TryDigits(text[..4], 9999, out var year) || !TryDigits(text.Slice(5, 2), 12, out var month)
            || !TryDigits(text.Slice(8, 2), 31, out var day) || !TryDigits(text.Slice(11, 2), 23, out var hour)
            || !TryDigits(text.Slice(14, 2), 59, out var minute)
            || year == 0 || month == 0 || day == 0 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        moment = new DateTimeOffset(year, month, day, hour, minute, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        return true;
    }

    static bool TryReadFraction(ref ReadOnlySpan<byte> text, ref long moment)
    {
        text = text[1..];
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is < 0 or > MaxDigits)
        {
            return false;
        }

        for (var (i, unit) = (0, 100); i < Math.Min(digits, 3); i++, unit /= 10)
        {
            moment += (text[i] - '0') * unit;
        }

        text = text[digits..];
        return true;
    }

    static bool TryReadZone(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text is [(byte)'Z'])
        {
            return true;
        }

        if (text is not [(byte)'+' or (byte)'-', _, _, (byte)':', _, _]
            || !TryDigits(text.Slice(1, 2), 14, out var hour) || !TryDigits(text.Slice(4, 2), hour == 14 ? 0 : 59, out var minute))
        {
            return false;
        }

        minutes = ((hour * 60) + minute) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    static bool TryDigits(ReadOnlySpan<byte> text, int most, out int value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + digit - '0';
        }

        return value <= most;
    }
}
