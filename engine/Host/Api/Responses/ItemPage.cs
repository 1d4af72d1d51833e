using System.Globalization;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>A page of a list.</summary>
/// <param name="Items">The items on the page.</param>
/// <param name="Next">The next page's `cursor`; null on the last page.</param>
sealed record ItemPage<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>
/// A position in a list ordered latest first, written <c>time-skip</c>: <c>skip</c> rows of that millisecond were on earlier pages.
/// </summary>
/// <param name="At">Milliseconds since 1970 UTC.</param>
/// <param name="Skip">Rows of that millisecond to skip.</param>
readonly record struct TimeCursor(long At, int Skip)
{
    /// <summary>The position before the first row.</summary>
    public static TimeCursor Start { get; } = new(long.MaxValue - 1, 0);

    /// <summary>Parses a cursor.</summary>
    /// <exception cref="ProblemException">The text is not a cursor.</exception>
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

    /// <summary>Answers with a page of a list that is ordered latest first.</summary>
    /// <param name="name">The CSV file's name.</param>
    /// <param name="timeColumn">The column that orders the list.</param>
    /// <param name="query">The request's query: period, page and format.</param>
    /// <param name="read">Reads rows of a period, from a number to skip, and at most so many.</param>
    public static ReportResult Page(string name, string timeColumn, RequestQuery query, Func<(long From, long Before), int, int, ReportTable> read)
    {
        var cursor = Read(query.Of(QueryParameters.Cursor));
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var table = read(
            (query.Of(QueryParameters.From, long.MinValue), Math.Min(query.Of(QueryParameters.To, long.MaxValue), cursor.At + 1)), cursor.Skip, limit + 1);
        return new ReportResult(name, table, cursor.Cut(table, timeColumn, limit), query.Of(QueryParameters.Format));
    }

    /// <summary>Cuts a table that was read with one row more than the page's size.</summary>
    /// <returns>The next page's cursor; <see langword="null"/> for the last page.</returns>
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

/// <summary>Cursors for lists in ascending order of a number.</summary>
static class Cursors
{
    /// <summary>Parses a numeric cursor; 0 if absent.</summary>
    /// <exception cref="ProblemException">The text is not a cursor.</exception>
    public static long Read(string? text) =>
        text is null ? 0 : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong();

    /// <summary>Cuts a list's rows from an offset to a page.</summary>
    /// <returns>The next page's cursor; <see langword="null"/> for the last page.</returns>
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

    /// <summary>Returns the page of a whole list that a request asks for.</summary>
    public static ItemPage<T> Page<T>(HttpContext context, RequestQuery query, IReadOnlyList<T> all)
    {
        var offset = (int)Math.Min(Read(query.Of(QueryParameters.Cursor)), all.Count);
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var next = all.Count > offset + limit ? (offset + limit).ToString(CultureInfo.InvariantCulture) : null;
        return new ItemPage<T>([.. all.Skip(offset).Take(limit)], SealedCursor.Seal(context, next));
    }

    /// <summary>Creates the exception for an invalid cursor.</summary>
    public static ProblemException Wrong() =>
        new(new HttpProblem(400, ApiProblems.InvalidParameter.Code, "cursor: expected the previous page's 'next'."));
}
