using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary>Reads points in time on the command line.</summary>
static class TimeArgument
{
    /// <summary>The accepted forms, for help texts.</summary>
    public const string Forms = TimeExpression.Forms;

    /// <summary>Reads <c>--from</c> and <c>--to</c>.</summary>
    /// <returns>The range, open where an option is absent; <see langword="null"/> after it has printed an error.</returns>
    public static TimeRange? ReadRange(string? from, string? to)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var (first, end) = (long.MinValue, long.MaxValue);
        if (!IsTime("--from", from, now, ref first) || !IsTime("--to", to, now, ref end))
        {
            return null;
        }

        if (first < end)
        {
            return new TimeRange(first, end);
        }

        Console.Error.WriteLine("error: --from must be before --to");
        return null;
    }

    static bool IsTime(string name, string? text, long now, ref long moment)
    {
        if (text is null || TimeExpression.TryParse(text, now, out moment))
        {
            return true;
        }

        Console.Error.WriteLine(TimeExpression.DescribeUnit(text, now) is { } unit ? $"error: {name}: {unit}; got '{text}'"
            : $"error: {name}: expected {TimeExpression.Forms}; got '{text}'");
        return false;
    }
}
