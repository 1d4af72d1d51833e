using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Privacy;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Exports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Exports;

/// <summary><c>/v1/export</c>: streams all rows of a store. A download continues after any row, by the row's cursor.</summary>
static class ExportsRoutes
{
    /// <summary>The column of the row's cursor.</summary>
    public const string Cursor = "cursor";

    const long MaxRows = 1_000_000_000;

    const string Resume = " The answer is streamed, oldest first, and has every row unless you give `limit`. If it is cut off, continue with the `cursor` of the last complete "
        + "row. One export of a store runs at a time. Without `personal_data:read`, personal data is masked. The audit log has each export.";

    static readonly HttpProblem s_expired = new(410, "cursor_expired", "The events after the cursor were deleted. Send the request again without 'cursor'.");
    static readonly HttpProblem s_noJournal = new(409, "journal_disabled", "Events are exported from the journal, which is disabled. Set journal.enabled to true.");

    static readonly QueryParameter<string> s_format = QueryParameters.Choice("format",
        "ndjson: one JSON object per line. csv: RFC 4180. parquet: Apache Parquet, which can be read only if it is complete.", ["ndjson", "csv", "parquet"], "ndjson");

    static readonly QueryParameter<long> s_limit = new("limit", "The maximum number of rows; all if absent.", $"a number from 1 to {MaxRows}",
        (text, _) => long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= MaxRows ? n : null)
    {
        Type = "integer",
        Range = (1, MaxRows),
    };

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/export", ApiTags.Exports);
        Declare(group.MapGet("/events", EventsAsync), "exportEvents", "Export events",
            "The events of the journal; 'from' and 'to' are the time received. The events of a cart are in order." + Resume)
            .Problems(s_noJournal, s_expired, ApiProblems.ExportBusy, ControlProblems.Unavailable);
        FeatureExport.Map(group);
        Declare(group.MapGet("/interventions", InterventionsAsync), "exportInterventions", "Export interventions",
            "The rows of `GET /v1/interventions`; 'from' and 'to' are the time of the decision." + Resume).Problems(ApiProblems.ExportBusy, ControlProblems.Unavailable);
        Declare(group.MapGet("/conversions", ConversionsAsync), "exportConversions", "Export conversions",
            "The rows of `GET /v1/conversions` with the order's id; 'from' and 'to' are the time of the order or refund." + Resume).Problems(ApiProblems.ExportBusy, ControlProblems.Unavailable);
    }

    static RouteHandlerBuilder Declare(RouteHandlerBuilder route, string operationId, string summary, string description)
    {
        route.Describe(operationId, summary, description).Produces(StatusCodes.Status200OK)
            .Query(QueryParameters.From, QueryParameters.To, s_format, s_limit, QueryParameters.ExportCursor).WithMetadata(new ShowsPersonalData(IsMasked: true));
        foreach (var format in Enum.GetValues<ExportFormat>())
        {
            route.WithMetadata(new ProducesMediaType(RowWriter.MediaTypeOf(format)));
        }

        return route;
    }

    static Task EventsAsync(HttpContext context, Caller caller, RequestQuery query, ExportServices exports, AuditLog audit)
    {
        if (!exports.HasJournals)
        {
            throw new ProblemException(s_noJournal);
        }

        var events = exports.Events;
        EventPlace? after = null;
        if (query.Of(QueryParameters.ExportCursor) is { } cursor)
        {
            after = EventPlace.Parse(cursor, events.Partitions) is { } place && events.Has(place) ? place : throw new ProblemException(s_expired);
        }

        var (from, to) = PeriodOf(query);

        // Masked completely: a shop may put personal data into the ids of events and sessions.
        return RunAsync(context, caller, query, audit, exports, "events", EventRows.Columns, ["id", "sessionId", "meta"], cancellation =>
            events.Read(caller.Store.Number, caller.Store.Id, new TimeRange(from, to), after, more: 1, cancellation).Select(row => (row.Row, row.Place.ToText(events.Partitions))));
    }

    static Task InterventionsAsync(HttpContext context, Caller caller, RequestQuery query, ExportServices exports, AuditLog audit) =>
        ReportAsync(context, caller, query, audit, exports, "interventions", ReportRows.Interventions, ReportRows.ReadInterventions);

    static Task ConversionsAsync(HttpContext context, Caller caller, RequestQuery query, ExportServices exports, AuditLog audit) =>
        ReportAsync(context, caller, query, audit, exports, "conversions", ReportRows.Conversions, ReportRows.ReadConversions);

    static async Task ReportAsync(
        HttpContext context, Caller caller, RequestQuery query, AuditLog audit, ExportServices exports, string kind, IReadOnlyList<ExportColumn> columns,
        Func<JourneyReports, string, (long, long), string?, int, CancellationToken, IEnumerable<(object?[] Row, string Place)>> read)
    {
        var (after, period) = (query.Of(QueryParameters.ExportCursor), PeriodOf(query));
        using var reports = exports.OpenReports();
        await RunAsync(context, caller, query, audit, exports, kind, columns, hidden: [], cancellation => read(reports, caller.Store.Id, period, after, 1, cancellation));
    }

    static async Task RunAsync(
        HttpContext context, Caller caller, RequestQuery query, AuditLog audit, ExportServices exports, string kind, IReadOnlyList<ExportColumn> columns, string[] hidden,
        Func<CancellationToken, IEnumerable<(object?[] Row, string Place)>> read)
    {
        using var one = exports.TryBegin(caller.Store.Id) ?? throw new ProblemException(ApiProblems.ExportBusy);
        var name = query.Of(s_format)!;
        var format = Enum.Parse<ExportFormat>(name, ignoreCase: true);
        context.Response.ContentType = format == ExportFormat.Csv ? $"{RowWriter.MediaTypeOf(format)}; charset=utf-8; header=present" : RowWriter.MediaTypeOf(format);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{kind}.{name}\"";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var view = PersonalDataView.Of(context);
        await audit.RecordAsync(new AuditEvent(PrivacyRoutes.ActorOf(context), "data.export", $"export:{kind}", caller.Store.Id,
            $$"""{"format":"{{name}}","masked":{{(view.IsMasked ? "true" : "false")}}}""")
        { Address = UserIdentity.AddressOf(context) }, context.RequestAborted);
        await exports.SettleAsync(context.RequestAborted);
        var (seal, limit) = (SealedCursor.SealerOf(context), query.Of(s_limit, long.MaxValue));
        var masks = columns.Select(column => view.IsMasked && hidden.Contains(column.Name) ? _ => null : view.MaskOf(column.Name)).ToArray();
        try
        {
            await StreamedBody.WriteAsync(context, Write);
        }
        catch (JournalException e) when (e.Code == JournalView.Moved && !context.Response.HasStarted)
        {
            // Retention went over it just now.
            context.Response.Headers.Remove("Content-Disposition");
            throw new ProblemException(s_expired);
        }

        void Write(Stream output)
        {
            using var writer = RowWriter.Create(format, output, [.. columns, new ExportColumn(Cursor, ColumnKind.Text)]);
            var written = 0L;
            foreach (var (row, place) in read(context.RequestAborted))
            {
                for (var i = 0; i < masks.Length; i++)
                {
                    row[i] = masks[i] is { } mask ? mask((string?)row[i]) : row[i];
                }

                row[^1] = seal(place);
                writer.Write(row);
                if (++written == limit)
                {
                    break;
                }
            }

            writer.Finish();
        }
    }

    static (long From, long To) PeriodOf(RequestQuery query)
    {
        var (from, to) = (query.Of(QueryParameters.From, long.MinValue), query.Of(QueryParameters.To, long.MaxValue));
        return from <= to ? (from, to) : throw new ProblemException(ApiProblems.OutOfRange with { Detail = "to: expected a time that is not before 'from'." });
    }
}
