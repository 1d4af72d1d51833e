using System.Globalization;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Exports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Tap;

/// <summary><c>/v1/tap/events</c>: what comes in, a page at a time, for <c>cartrecovery tap</c>.</summary>
static class TapRoutes
{
    // A position of 64 partitions takes about a thousand characters, and twice as many in base64 with its seal.
    const int MaxCursorLength = 4096;

    static readonly HttpProblem s_noJournal =
        new(409, "journal_disabled", "Events are read from the journal, which is disabled. Set journal.enabled to true.");

    static readonly QueryParameter<string> s_type = QueryParameters.Choice("type", "Returns only events of this type.",
        [.. Enumerable.Range(1, EventTypes.Count - 1).Select(i => EventTypes.NameOf((EventType)i))], @default: null);

    static readonly QueryParameter<double> s_sample = new(
        "sample", "The share of the carts whose events are returned.", "a number above 0, at most 1", (text, _) =>
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is > 0 and <= 1 ? share : null)
    {
        Type = "number",
        Default = "1",
    };

    static readonly QueryParameter<string> s_cursor = new("cursor",
        "Where to continue: the former answer's `next`. Without it, the answer has no events, and `next` is the present.", "the former answer's 'next'",
        (text, _) => text.Length is > 0 and <= MaxCursorLength ? text : null)
    {
        IsCursor = true,
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.ForServers("/v1/tap", ApiTags.Exports).MapGet("/events", Events)
        .Describe("tapEvents", "Follow events", "The events since the former answer, read from the journal. If more came in than `limit`, or than can be read at "
            + "once, the answer skips some, and says so. Personal data is always masked; ids of events and sessions, and `meta`, are left out. Use an export to read every event.")
        .Query(s_type, s_sample, QueryParameters.Limit, s_cursor).Problems(s_noJournal);

    static Ok<TapPage> Events(HttpContext context, Caller caller, RequestQuery query, ExportServices exports)
    {
        if (!exports.HasJournals)
        {
            throw new ProblemException(s_noJournal);
        }

        var (tap, view, items) = (exports.Tap, PersonalDataView.Masked(context), new List<TapEvent>());
        if (query.Of(s_cursor) is not { } cursor)
        {
            return TypedResults.Ok(new TapPage([], SealedCursor.Seal(context, tap.Present().ToText())!, 0));
        }

        if (TapPosition.Parse(cursor) is not { } after || !tap.Has(after))
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = "cursor: expected the former answer's 'next'. Begin without it." });
        }

        var type = query.Of(s_type) is { } name ? EventTypes.Parse(System.Text.Encoding.UTF8.GetBytes(name)) : EventType.None;
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var (next, skipped) = tap.Read(caller.Store.Number, after, type, query.Of(s_sample, 1.0), limit,
            (EventSlab slab, in EventRecord record) => items.Add(ItemOf(EventRows.Of(slab, record, caller.Store.Id), view)), context.RequestAborted);
        return TypedResults.Ok(new TapPage(items, SealedCursor.Seal(context, next.ToText())!, skipped));
    }

    static TapEvent ItemOf(object?[] row, PersonalDataView view) => new(
        (string)row[1]!, view.CartId((string?)row[3]), view.UserId((string?)row[4]), (string?)row[6],
        Convert.ToDecimal(row[7], CultureInfo.InvariantCulture), (decimal?)row[8], (string?)row[9], TimeOf(row[10]), TimeOf(row[11]));

    static DateTime TimeOf(object? milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds!).UtcDateTime;
}
