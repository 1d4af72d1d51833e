using System.Globalization;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Reads an interval of Alertmanager's <c>time_intervals</c>.</summary>
static class NoticeIntervalReader
{
    static readonly string[] s_days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    static readonly string[] s_months =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    /// <summary>Reads an interval and reports its problems.</summary>
    public static NoticeInterval Read(YamlFields fields, ConfigProblems problems)
    {
        List<(int, int)> times = [];
        foreach (var item in fields.List("times"))
        {
            if (YamlFields.Of(item, "a time", problems) is { } time)
            {
                times.Add((Minute(time, "start_time", problems), Minute(time, "end_time", problems)));
                time.ReportUnknown("a time");
                if (times[^1].Item1 >= times[^1].Item2)
                {
                    problems.Add(item.At, "start_time must be before end_time; write two times for a night");
                }
            }
        }

        var zone = TimeZoneInfo.Utc;
        if (fields.Text("location") is { } location && !TimeZoneInfo.TryFindSystemTimeZoneById(location, out zone))
        {
            problems.Add(fields.Where("location"), $"location: no time zone \"{location}\"");
            zone = TimeZoneInfo.Utc;
        }

        var interval = new NoticeInterval
        {
            Times = times,
            Weekdays = Ranges(fields, "weekdays", problems, text => Array.IndexOf(s_days, text) is >= 0 and var day ? day : null),
            DaysOfMonth = Ranges(fields, "days_of_month", problems, text => Whole(text) is (>= -31 and <= -1) or (>= 1 and <= 31) ? Whole(text) : null),
            Months = Ranges(fields, "months", problems, text => Array.IndexOf(s_months, text) is >= 0 and var month ? month + 1 : Whole(text) is >= 1 and <= 12 ? Whole(text) : null),
            Years = Ranges(fields, "years", problems, text => Whole(text) is >= 1 and <= 9999 ? Whole(text) : null),
            Zone = zone!,
        };
        fields.ReportUnknown("a time interval");
        return interval;
    }

    static int? Whole(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    static int Minute(YamlFields fields, string key, ConfigProblems problems)
    {
        var text = fields.Required(key, "a time");
        if (text == "24:00")
        {
            return 24 * 60;
        }

        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return time.Hour * 60 + time.Minute;
        }

        problems.Add(fields.Where(key), $"{key}: expected HH:MM, got \"{text}\"");
        return 0;
    }

    static List<(int, int)> Ranges(YamlFields fields, string key, ConfigProblems problems, Func<string, int?> parse)
    {
        List<(int, int)> ranges = [];
        foreach (var text in fields.Texts(key))
        {
            var parts = text.ToLowerInvariant().Split(':');
            if (parts.Length <= 2 && parse(parts[0].Trim()) is { } from && parse(parts[^1].Trim()) is { } to && (from <= to || from * to < 0))
            {
                ranges.Add((from, to));
            }
            else
            {
                problems.Add(fields.Where(key), $"{key}: \"{text}\" is no value or range FROM:TO");
            }
        }

        return ranges;
    }
}
