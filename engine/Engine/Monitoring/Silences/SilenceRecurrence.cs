using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Silences;

/// <summary>
/// When a recurring silence hides alerts: intervals as in Alertmanager's <c>time_intervals</c>, of which one must contain the time. Immutable.
/// </summary>
public sealed class SilenceRecurrence
{
    /// <summary>How many intervals a silence may have.</summary>
    public const int MaxIntervals = 10;

    const int MaxText = 16 << 10;
    const long Minute = 60_000;

    SilenceRecurrence(string text, IReadOnlyList<NoticeInterval> intervals) => (Text, Intervals) = (text, intervals);

    /// <summary>The intervals as a JSON array, as they were given.</summary>
    public string Text { get; }

    /// <summary>The intervals; at least one.</summary>
    public IReadOnlyList<NoticeInterval> Intervals { get; }

    /// <summary>Reads a JSON array of intervals.</summary>
    /// <exception cref="SilenceException">An interval is invalid, or there are too many or none.</exception>
    public static SilenceRecurrence Parse(string text)
    {
        if (text.Length > MaxText)
        {
            throw new SilenceException($"recurrence: at most {MaxText} characters");
        }

        var problems = new ConfigProblems("recurrence");
        List<NoticeInterval> intervals = [];

        // JSON is YAML, so that the intervals are those of a routing file.
        if (YamlTree.Parse($"{{\"recurrence\": {text}}}", problems) is { } root && YamlFields.Of(root, "intervals", problems) is { } fields)
        {
            intervals.AddRange(fields.List("recurrence").Take(MaxIntervals + 1)
                .Select(item => YamlFields.Of(item, "an interval", problems)).OfType<YamlFields>()
                .Select(interval => NoticeIntervalReader.Read(interval, problems)));
        }

        return problems.Sorted() is [var problem, ..] ? throw new SilenceException($"recurrence: {problem.Message}")
            : intervals.Count is 0 or > MaxIntervals ? throw new SilenceException($"recurrence: expected 1 to {MaxIntervals} intervals")
            : new SilenceRecurrence(text, intervals);
    }

    /// <summary>Whether a time, in milliseconds since the Unix epoch, is within an interval.</summary>
    public bool Contains(long time)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(time);
        foreach (var interval in Intervals)
        {
            if (interval.Contains(at))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lists the first windows of a range by trying each of its minutes. The last window ends with the range at the latest.</summary>
    /// <param name="from">The beginning, in milliseconds since the Unix epoch.</param>
    /// <param name="to">The end.</param>
    /// <param name="max">How many windows at most.</param>
    public IReadOnlyList<(long From, long To)> Windows(long from, long to, int max)
    {
        List<(long From, long To)> windows = [];
        var isIn = false;
        for (var minute = from - (from % Minute); minute < to; minute += Minute)
        {
            var at = Math.Max(from, minute);
            if (Contains(at) == isIn)
            {
                continue;
            }

            isIn = !isIn;
            if (isIn && windows.Count == max)
            {
                return windows;
            }

            if (isIn)
            {
                windows.Add((at, to));
            }
            else
            {
                windows[^1] = (windows[^1].From, at);
            }
        }

        return windows;
    }
}
