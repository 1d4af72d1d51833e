namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>A recurring time: all conditions that are set must hold. Ranges include both ends; times of day exclude the end.</summary>
public sealed record NoticeInterval
{
    /// <summary>Minutes of the day; empty for all.</summary>
    public IReadOnlyList<(int From, int To)> Times { get; init; } = [];

    /// <summary>Days of the week, 0 for Sunday; empty for all.</summary>
    public IReadOnlyList<(int From, int To)> Weekdays { get; init; } = [];

    /// <summary>Days of the month from 1; negative ones count from the end, -1 for the last day; empty for all.</summary>
    public IReadOnlyList<(int From, int To)> DaysOfMonth { get; init; } = [];

    /// <summary>Months from 1; empty for all.</summary>
    public IReadOnlyList<(int From, int To)> Months { get; init; } = [];

    /// <summary>Years; empty for all.</summary>
    public IReadOnlyList<(int From, int To)> Years { get; init; } = [];

    /// <summary>The time zone.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Whether a time is within the interval.</summary>
    public bool Contains(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, Zone);
        var minute = local.Hour * 60 + local.Minute;
        var days = DateTime.DaysInMonth(local.Year, local.Month);
        return (Times.Count == 0 || Times.Any(range => minute >= range.From && minute < range.To))
            && Holds(Weekdays, (int)local.DayOfWeek) && Holds(Months, local.Month) && Holds(Years, local.Year)
            && (DaysOfMonth.Count == 0 || DaysOfMonth.Any(range => local.Day >= DayOf(range.From, days) && local.Day <= DayOf(range.To, days)));
    }

    static int DayOf(int day, int days) => day < 0 ? days + day + 1 : Math.Min(day, days);

    static bool Holds(IReadOnlyList<(int From, int To)> ranges, int value) => ranges.Count == 0 || ranges.Any(range => value >= range.From && value <= range.To);
}
