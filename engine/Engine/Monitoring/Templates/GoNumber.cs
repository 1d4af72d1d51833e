using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>Formats numbers as Go's <c>strconv</c> does, so that alerts read as those of Prometheus.</summary>
public static class GoNumber
{
    /// <summary>Formats with the fewest digits that identify the number: <c>0.25</c>, <c>1e+06</c> (Go's <c>%v</c>).</summary>
    public static string Shortest(double value) => Special(value) ?? General(value, Decompose(value.ToString("R", CultureInfo.InvariantCulture)), 6);

    /// <summary>Formats with an exponent always: <c>2.5e-01</c> (Go's <c>%e</c> with the fewest digits).</summary>
    public static string Exponent(double value)
    {
        var (digits, exponent) = Decompose(value.ToString("R", CultureInfo.InvariantCulture));
        return Special(value) ?? Sign(value) + WithExponent(digits, exponent);
    }

    /// <summary>Formats with a number of significant digits (Go's <c>%.4g</c>).</summary>
    public static string Significant(double value, int precision)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        precision = Math.Max(1, precision);
        var (digits, exponent) = Decompose(value.ToString($"E{precision - 1}", CultureInfo.InvariantCulture));
        var threshold = precision > digits.Length && digits.Length >= exponent + 1 ? digits.Length : precision;
        return General(value, (digits, exponent), threshold);
    }

    static string General(double value, (string Digits, int Exponent) number, int threshold)
    {
        var (digits, exponent) = number;
        if (exponent < -4 || exponent >= threshold)
        {
            return Sign(value) + WithExponent(digits, exponent);
        }

        return Sign(value) + (exponent < 0 ? $"0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1 ? digits.PadRight(exponent + 1, '0')
            : $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}");
    }

    static string WithExponent(string digits, int exponent) => string.Create(CultureInfo.InvariantCulture,
        $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");

    static string Sign(double value) => double.IsNegative(value) ? "-" : "";

    static string? Special(double value) => double.IsNaN(value) ? "NaN" : value == double.PositiveInfinity ? "+Inf" : value == double.NegativeInfinity ? "-Inf" : null;

    // The digits without leading and trailing zeros, and the decimal exponent of the first one.
    static (string Digits, int Exponent) Decompose(string text)
    {
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = (e < 0 ? text : text[..e]).TrimStart('-');
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        exponent += (point < 0 ? mantissa.Length : point) - 1;
        var zeros = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        return digits.Length == 0 ? ("0", 0) : (digits, exponent - zeros);
    }
}
