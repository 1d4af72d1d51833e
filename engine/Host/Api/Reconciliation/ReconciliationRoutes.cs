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

/// <summary><c>/v1/reconciliation</c>: compares a shop's orders and carts with the engine's.</summary>
static class ReconciliationRoutes
{
    const string Csv = "text/csv", CartsRead = "carts:read";

    static readonly HttpProblem s_invalid = new(400, "invalid_reconciliation", "The body is not a list of orders and carts.");
    static readonly HttpProblem s_notFound = new(404, "reconciliation_not_found", "The store has no report with this id. GET /v1/reconciliation lists the reports.");
    static readonly HttpProblem s_busy = new(503, "reconciliation_busy", "The engine is comparing another list of the store, or too many of others. Send the request again later.");

    static readonly QueryParameter<string> s_repair = QueryParameters.Choice(
        "repair", "true: send the orders that the engine does not have to it as events. false: change nothing.", ["true", "false"], "false");

    static readonly QueryParameter<long> s_from = QueryParameters.Time(
        "from", "With `to`: the list has all orders that were placed from this time on. The report has the orders of the period that are not in the list.");
    static readonly QueryParameter<long> s_to = QueryParameters.Time("to", "With `from`: the list has all orders that were placed before this time.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/reconciliation", ApiTags.Reconciliation);
        group.MapPost("", CompareAsync)
            .Describe("reconcile", "Compare orders and carts", """
                The body is the shop's list: CSV with a header, JSON lines, or an array. A row with `orderId` is an order, one without is a cart, by `cartId`. The other fields are
                `value` (net of refunds), `currency`, `status` (placed or cancelled), `userId`, `at` and `itemCount`; absent fields are not compared. At most 100,000 rows and 16 MB. A row
                that cannot be read is skipped and is in `errors`. With `repair=true`, each missing order with `cartId`, `value` and `at`, of a cart that
                the engine has, becomes the event `purchase`; an order counts once, however often you send it. Nothing else is changed.
                """)
            .Accepts<ShopRow>("application/json", "application/x-ndjson", Csv).Query(s_from, s_to, s_repair).Produces<ReconciliationReport>()
            .WithMetadata(new BodyLimit(ShopRowReader.MaxBytes), new ShowsPersonalData(IsMasked: true))
            .Problems(s_invalid, s_busy, ApiProblems.NotDurable, ControlProblems.Unavailable);
        group.MapGet("", ListAsync)
            .Describe("listReconciliations", "List comparisons", "Newest first, without differences and errors. The engine keeps the last 200.")
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
            throw new ProblemException(s_invalid with { Detail = "from and to: expected both, with 'from' not after 'to', or neither." });
        }

        // A slow upload keeps nobody waiting.
        byte[] text;
        using (var body = await RequestBody.ReadAsync(context))
        {
            text = body.Bytes.ToArray();
        }

        using var one = reconciler.TryBegin(caller.Store.Id) ?? throw new ProblemException(s_busy);
        var isCsv = context.Request.ContentType?.StartsWith(Csv, StringComparison.OrdinalIgnoreCase) == true;
        try
        {
            return TypedResults.Ok(Shown(context, view, await reconciler.RunAsync(caller.Store, new ToldOrders(text, isCsv, "api", PrivacyRoutes.ActorOf(context), UserIdentity.AddressOf(context),
                from == long.MinValue ? null : (from, to), query.Of(s_repair) == "true"), context.RequestAborted)));
        }
        catch (FormatException e)
        {
            throw new ProblemException(s_invalid with { Detail = e.Message });
        }
        catch (TimeoutException)
        {
            throw new ProblemException(ApiProblems.NotDurable);
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
        TypedResults.Ok(Shown(context, view, await store.FindAsync(caller.Store.Id, id, context.RequestAborted) ?? throw new ProblemException(s_notFound)));

    // A masked id beside the line of the list would say whose it is. What is in a cart takes the permission that the cart takes.
    static ReconciliationReport Shown(HttpContext context, PersonalDataView view, ReconciliationReport report)
    {
        var showsCarts = context.User.Identity switch
        {
            UserIdentity user => user.User.Has(CartsRead, user.Caller?.Store.Id),
            StoreKeyIdentity key => key.Caller.Key.Allows(CartsRead),
            _ => false,
        };
        return report with
        {
            Differences = [.. report.Differences.Select(d => d with { CartId = view.IsMasked ? null : d.CartId, Engine = d.OrderId is null && !showsCarts ? null : d.Engine })],
        };
    }

    sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
