namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>The functions of one value.</summary>
static class InstantFunctions
{
    /// <summary>The functions by name.</summary>
    public static IReadOnlyDictionary<string, Func<double, double>> ByName { get; } = new Dictionary<string, Func<double, double>>(StringComparer.Ordinal)
    {
        ["abs"] = Math.Abs,
        ["ceil"] = Math.Ceiling,
        ["floor"] = Math.Floor,
        ["exp"] = Math.Exp,
        ["sqrt"] = Math.Sqrt,
        ["ln"] = Math.Log,
        ["log2"] = Math.Log2,
        ["log10"] = Math.Log10,
        ["sgn"] = value => value < 0 ? -1 : value > 0 ? 1 : value,
        ["sin"] = Math.Sin,
        ["cos"] = Math.Cos,
        ["tan"] = Math.Tan,
        ["asin"] = Math.Asin,
        ["acos"] = Math.Acos,
        ["atan"] = Math.Atan,
        ["sinh"] = Math.Sinh,
        ["cosh"] = Math.Cosh,
        ["tanh"] = Math.Tanh,
        ["asinh"] = Math.Asinh,
        ["acosh"] = Math.Acosh,
        ["atanh"] = Math.Atanh,
        ["deg"] = value => value * 180 / Math.PI,
        ["rad"] = value => value * Math.PI / 180,
        ["minute"] = value => Date(value, d => d.Minute),
        ["hour"] = value => Date(value, d => d.Hour),
        ["day_of_week"] = value => Date(value, d => (int)d.DayOfWeek),
        ["day_of_month"] = value => Date(value, d => d.Day),
        ["day_of_year"] = value => Date(value, d => d.DayOfYear),
        ["days_in_month"] = value => Date(value, d => DateTime.DaysInMonth(d.Year, d.Month)),
        ["month"] = value => Date(value, d => d.Month),
        ["year"] = value => Date(value, d => d.Year),
    };

    /// <summary>Rounds to the nearest multiple, halves up.</summary>
    public static double Round(double value, double multiple)
    {
        var inverse = 1 / multiple;
        return Math.Floor((value * inverse) + 0.5) / inverse;
    }

    // UTC; NaN outside of the years 1 to 9999.
    static double Date(double seconds, Func<DateTime, int> part) =>
        seconds is >= -62_135_596_800 and < 253_402_300_800 ? part(DateTime.UnixEpoch.AddSeconds(Math.Truncate(seconds))) : double.NaN;
}
