using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>The number formats of Prometheus' templates, as https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ lists them.</summary>
static class Humanize
{
    static readonly string[] s_large = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    static readonly string[] s_small = ["m", "u", "n", "p", "f", "a", "z", "y"];
    static readonly string[] s_binary = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

    /// <summary>Formats with a metric prefix: <c>1.049M</c>.</summary>
    public static string Metric(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return GoNumber.Significant(value, 4);
        }

        return Math.Abs(value) >= 1 ? Scale(value, 1000, s_large) : Shrink(value);
    }

    /// <summary>Formats with a binary prefix: <c>1Mi</c>.</summary>
    public static string Binary(double value) =>
        Math.Abs(value) <= 1 || !double.IsFinite(value) ? GoNumber.Significant(value, 4) : Scale(value, 1024, s_binary);

    /// <summary>Formats seconds: <c>2m 15s</c>.</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds))
        {
            return GoNumber.Significant(seconds, 4);
        }

        if (seconds == 0)
        {
            return "0s";
        }

        if (Math.Abs(seconds) < 1)
        {
            return Shrink(seconds) + "s";
        }

        var sign = seconds < 0 ? "-" : "";
        var left = Math.Abs(seconds);
        var whole = left >= long.MaxValue ? long.MaxValue : (long)left;
        var (days, hours, minutes, rest) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
        return days != 0 ? string.Create(CultureInfo.InvariantCulture, $"{sign}{days}d {hours}h {minutes}m {rest}s")
            : hours != 0 ? string.Create(CultureInfo.InvariantCulture, $"{sign}{hours}h {minutes}m {rest}s")
            : minutes != 0 ? string.Create(CultureInfo.InvariantCulture, $"{sign}{minutes}m {rest}s")
            : $"{sign}{GoNumber.Significant(left, 4)}s";
    }

    /// <summary>Formats a ratio as a percentage: <c>95.9%</c>.</summary>
    public static string Percentage(double ratio) => GoNumber.Significant(ratio * 100, 4) + "%";

    /// <summary>Formats a time in seconds since the Unix epoch: <c>2022-01-25 12:36:43 +0000 UTC</c>.</summary>
    public static string Timestamp(double seconds)
    {
        if (!double.IsFinite(seconds) || Math.Abs(seconds) > 253_402_300_799)
        {
            return GoNumber.Significant(seconds, 4);
        }

        var time = DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(Math.Clamp(seconds, -62_135_596_800, 253_402_300_799) * 1000));
        return time.ToString("yyyy-MM-dd HH:mm:ss.FFF", CultureInfo.InvariantCulture) + " +0000 UTC";
    }

    static string Scale(double value, double step, string[] prefixes)
    {
        var prefix = "";
        for (var i = 0; i < prefixes.Length && Math.Abs(value) >= step; i++)
        {
            prefix = prefixes[i];
            value /= step;
        }

        return GoNumber.Significant(value, 4) + prefix;
    }

    static string Shrink(double value)
    {
        var prefix = "";
        for (var i = 0; i < s_small.Length && Math.Abs(value) < 1; i++)
        {
            prefix = s_small[i];
            value *= 1000;
        }

        return GoNumber.Significant(value, 4) + prefix;
    }
}
