using System.Globalization;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Problems;

namespace CartRecovery.Host.Api.Responses;

/// <summary>A page of a list.</summary>
/// <param name="Items">What is on the page.</param>
/// <param name="Next">The following page's `cursor`; null on the last page.</param>
sealed record ItemPage<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>
/// The place in a list that goes from the latest back: <c>time-skip</c>, where <c>skip</c> rows of that millisecond have been on earlier pages.
/// </summary>
/// <param name="At">Milliseconds since 1970 UTC.</param>
/// <param name="Skip">Rows of that millisecond to leave out.</param>
readonly record struct TimeCursor(long At, int Skip)
{
    /// <summary>Before everything.</summary>
    public static TimeCursor Start { get; } = new(long.MaxValue - 1, 0);

    /// <summary>Reads a cursor.</summary>
    /// <exception cref="ProblemException">It is none.</exception>
    public static TimeCursor Read(string? text)
    {
        if (text is null)
        {
            return Start;
        }

        var dash = text.LastIndexOf('-');
        return dash > 0 && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var skip)
            ? new TimeCursor(Math.Min(at, Start.At), skip) : throw Cursors.Wrong();
    }

    /// <summary>Cuts a table that was read with one row more than the page has.</summary>
    /// <returns>The following page's cursor; <see langword="null"/> for the last page.</returns>
    public string? Cut(ReportTable table, string timeColumn, int limit)
    {
        if (table.Rows.Count <= limit)
        {
            return null;
        }

        table.Rows.RemoveRange(limit, table.Rows.Count - limit);
        var column = table.Columns.ToList().IndexOf(timeColumn);
        var last = (long)table.Rows[^1][column]!;
        var same = table.Rows.AsEnumerable().Reverse().TakeWhile(row => (long)row[column]! == last).Count();
        return string.Create(CultureInfo.InvariantCulture, $"{last}-{same + (last == At ? Skip : 0)}");
    }
}

/// <summary>Cursors of lists in ascending order of a number.</summary>
static class Cursors
{
    /// <summary>Reads a cursor that is a number; 0 for none.</summary>
    /// <exception cref="ProblemException">It is none.</exception>
    public static long Read(string? text) =>
        text is null ? 0 : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong();

    /// <summary>A list's rows from an offset on, cut to a page.</summary>
    /// <returns>The following page's cursor; <see langword="null"/> for the last page.</returns>
    public static string? Cut(ReportTable table, string? cursor, int limit)
    {
        var offset = (int)Math.Min(Read(cursor), table.Rows.Count);
        table.Rows.RemoveRange(0, offset);
        if (table.Rows.Count <= limit)
        {
            return null;
        }

        table.Rows.RemoveRange(limit, table.Rows.Count - limit);
        return (offset + limit).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What is thrown for a cursor that no page gave.</summary>
    public static ProblemException Wrong() =>
        new(new Problem(400, ApiProblems.InvalidParameter.Code, "cursor: expected the 'next' of the page before."));
}
