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
        ["minute"] = value => new UnixDate(value).Minute,
        ["hour"] = value => new UnixDate(value).Hour,
        ["day_of_week"] = value => new UnixDate(value).DayOfWeek,
        ["day_of_month"] = value => new UnixDate(value).Day,
        ["day_of_year"] = value => new UnixDate(value).DayOfYear,
        ["days_in_month"] = value => new UnixDate(value).DaysInMonth,
        ["month"] = value => new UnixDate(value).Month,
        ["year"] = value => new UnixDate(value).Year,
    };

    /// <summary>Rounds to the nearest multiple, halves up.</summary>
    public static double Round(double value, double multiple)
    {
        var inverse = 1 / multiple;
        return Math.Floor((value * inverse) + 0.5) / inverse;
    }

    /// <summary>Limits a value to a range. As in Go, infinities come before NaN: the larger of NaN and +∞ is +∞.</summary>
    public static double Clamp(double value, double least, double most) => Larger(least, Smaller(most, value));

    static double Larger(double left, double right) =>
        double.IsPositiveInfinity(left) || double.IsPositiveInfinity(right) ? double.PositiveInfinity : Math.Max(left, right);

    static double Smaller(double left, double right) =>
        double.IsNegativeInfinity(left) || double.IsNegativeInfinity(right) ? double.NegativeInfinity : Math.Min(left, right);
}
