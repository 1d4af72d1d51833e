namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>
/// The UTC date of any number of seconds, as Go's <c>time.Unix</c> computes it for Prometheus. What is no 64-bit integer, NaN among it, counts as the least
/// one (as on x86-64), whose date is 4 December 292277026596, 15:30:08.
/// </summary>
readonly struct UnixDate
{
    // Go counts without a sign from 1 January of this year, a Monday, so that divisions need no case for the time before.
    const long FirstYear = -292_277_022_399;
    const ulong ToUnixEpoch = 9_223_372_028_715_321_600;
    const ulong SecondsPerDay = 86_400;

    readonly ulong _seconds;
    readonly ulong _days;
    readonly DateTime _inYear;

    /// <summary>Computes the date.</summary>
    /// <param name="seconds">Seconds since the Unix epoch; fractions are cut off.</param>
    public UnixDate(double seconds)
    {
        var whole = seconds is >= -9_223_372_036_854_775_808.0 and < 9_223_372_036_854_775_808.0 ? (long)seconds : long.MinValue;
        _seconds = unchecked((ulong)whole + ToUnixEpoch);
        _days = _seconds / SecondsPerDay;
        var days = _days;
        var years = Take(ref days, 146_097, 400, isLongLast: false) + Take(ref days, 36_524, 100, isLongLast: true)
            + Take(ref days, 1_461, 4, isLongLast: false) + Take(ref days, 365, 1, isLongLast: true);
        Year = (long)years + FirstYear;
        var isLeap = Year % 4 == 0 && (Year % 100 != 0 || Year % 400 == 0);

        // A year of the same length, for the month and the day.
        _inYear = new DateTime(isLeap ? 2000 : 2001, 1, 1).AddDays(days);
    }

    /// <summary>The year.</summary>
    public long Year { get; }

    /// <summary>1–12.</summary>
    public int Month => _inYear.Month;

    /// <summary>1–31.</summary>
    public int Day => _inYear.Day;

    /// <summary>1–366.</summary>
    public int DayOfYear => _inYear.DayOfYear;

    /// <summary>28–31.</summary>
    public int DaysInMonth => DateTime.DaysInMonth(_inYear.Year, _inYear.Month);

    /// <summary>0 for Sunday to 6.</summary>
    public int DayOfWeek => (int)((_days + 1) % 7);

    /// <summary>0–23.</summary>
    public int Hour => (int)(_seconds % SecondsPerDay / 3600);

    /// <summary>0–59.</summary>
    public int Minute => (int)(_seconds % 3600 / 60);

    // Takes whole periods of years off the days. The last of four centuries, or of four years, has a day more than the others.
    static ulong Take(ref ulong days, ulong daysPerPeriod, ulong years, bool isLongLast)
    {
        var periods = days / daysPerPeriod;
        periods -= isLongLast ? periods >> 2 : 0;
        days -= periods * daysPerPeriod;
        return periods * years;
    }
}
