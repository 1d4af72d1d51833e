using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Privacy;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Reconciliation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Reconciliation;

/// <summary><c>/v1/reconciliation</c>: the shop tells its orders and carts, and the engine says what it has otherwise.</summary>
static class ReconciliationRoutes
{
    const string Csv = "text/csv";

    static readonly HttpProblem s_invalid = new(400, "invalid_reconciliation", "The body is no list of orders and carts.");
    static readonly HttpProblem s_notFound = new(404, "reconciliation_not_found", "The store has no such report. GET /v1/reconciliation lists them.");
    static readonly HttpProblem s_busy = new(503, "reconciliation_busy", "Another list is compared. Send it again later.");

    static readonly QueryParameter<string> s_repair = QueryParameters.Choice(
        "repair", "true: orders that the engine does not have are sent to it as events. false: nothing is changed.", ["true", "false"], "false");

    static readonly QueryParameter<long> s_from = QueryParameters.Time("from", "With `to`: these are all orders that were placed from this time on. Others that the engine has are told.");
    static readonly QueryParameter<long> s_to = QueryParameters.Time("to", "With `from`: these are all orders that were placed before this time.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/reconciliation", ApiTags.Reconciliation);
        group.MapPost("", CompareAsync)
            .Describe("reconcile", "Compare orders and carts", """
                The body is what the shop has: CSV with a header, JSON lines, or an array. A row with `orderId` is an order, one without is a cart, by `cartId`. The other fields are
                `value` (net of refunds), `currency`, `status` (placed or cancelled), `userId`, `at` and `itemCount`; what is absent is not compared. At most 100,000 rows and 16 MB. A row
                that cannot be read costs that row alone. With `repair=true`, each missing order with `cartId` and `value` becomes the event `purchase`; an order counts once, however often
                it is told. Nothing else is changed.
                """)
            .Accepts<ShopRow>("application/json", "application/x-ndjson", Csv).Query(s_from, s_to, s_repair).Produces<ReconciliationReport>()
            .WithMetadata(new BodyLimit(ShopRowReader.MaxBytes), new ShowsPersonalData(IsMasked: true))
            .Problems(s_invalid, s_busy, ApiProblems.NotDurable, ControlProblems.Unavailable);
        group.MapGet("", ListAsync)
            .Describe("listReconciliations", "List comparisons", "The newest first, without their differences and errors; the last 200 are kept.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        group.MapGet("/{id}", GetAsync)
            .Describe("getReconciliation", "Get a comparison", "A report with its differences.").WithMetadata(new ShowsPersonalData(IsMasked: true))
            .Produces<ReconciliationReport>().Problems(s_notFound, ControlProblems.Unavailable);
    }

    static async Task<Ok<ReconciliationReport>> CompareAsync(HttpContext context, Caller caller, RequestQuery query, PersonalDataView view, Reconciler reconciler)
    {
        var (from, to) = (query.Of(s_from, long.MinValue), query.Of(s_to, long.MaxValue));
        if ((from == long.MinValue) != (to == long.MaxValue) || from > to)
        {
            throw new ProblemException(s_invalid with { Detail = "from and to: give both, the earlier one first, or neither." });
        }

        using var one = reconciler.TryBegin() ?? throw new ProblemException(s_busy);
        byte[] text;
        using (var body = await RequestBody.ReadAsync(context))
        {
            text = body.Bytes.ToArray();
        }

        var isCsv = context.Request.ContentType?.StartsWith(Csv, StringComparison.OrdinalIgnoreCase) == true;
        try
        {
            return TypedResults.Ok(Shown(view, await reconciler.RunAsync(caller.Store, new ToldOrders(text, isCsv, "api", PrivacyRoutes.ActorOf(context), UserIdentity.AddressOf(context),
                from == long.MinValue ? null : (from, to), query.Of(s_repair) == "true"), context.RequestAborted)));
        }
        catch (FormatException e)
        {
            throw new ProblemException(s_invalid with { Detail = e.Message });
        }
    }

    static async Task<Ok<ItemPage<ReconciliationReport>>> ListAsync(HttpContext context, Caller caller, RequestQuery query, ReconciliationStore store)
    {
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var found = await store.ListAsync(caller.Store.Id, query.Of(QueryParameters.Cursor), limit + 1, context.RequestAborted);
        return TypedResults.Ok(new ItemPage<ReconciliationReport>([.. found.Take(limit).Select(report => report with { Differences = [], Errors = [] })],
            SealedCursor.Seal(context, found.Count > limit ? found[limit - 1].Id : null)));
    }

    static async Task<Ok<ReconciliationReport>> GetAsync([Description("The report.")] string id, HttpContext context, Caller caller, PersonalDataView view, ReconciliationStore store) =>
        TypedResults.Ok(Shown(view, await store.FindAsync(caller.Store.Id, id, context.RequestAborted) ?? throw new ProblemException(s_notFound)));

    static ReconciliationReport Shown(PersonalDataView view, ReconciliationReport report) =>
        report with { Differences = [.. report.Differences.Select(difference => difference with { CartId = view.CartId(difference.CartId) })] };

    sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
