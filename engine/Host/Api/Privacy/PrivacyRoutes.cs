using System.ComponentModel;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Privacy;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Privacy;

/// <summary>Routes of <c>/v1/gdpr</c>: erasures and their receipts.</summary>
static class PrivacyRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_erasure", "The person or the mode is invalid.");
    static readonly HttpProblem s_notFound = new(404, "privacy_request_not_found", "The store has no such request. GET /v1/gdpr/requests lists them.");
    static readonly HttpProblem s_notForgotten = new(404, "not_forgotten", "The person is not forgotten, so there is nothing to lift.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/gdpr", ApiTags.Privacy);
        group.MapPost("/forget/{userId}", ForgetAsync)
            .Describe("forgetPerson", "Forget a person", """
                Erases everything of a user of the store, and refuses their events from now on with `person_forgotten`. Answers at once: `GET /v1/gdpr/status/{requestId}` says how far
                it is, and has the signed receipt in the end. Answers a pending or running request of the person again; with another mode, `erasure_runs`.
                """)
            .Produces<ErasureItem>(StatusCodes.Status202Accepted)
            .Problems(ApiProblems.InvalidJson, s_invalid, ApiProblems.CustomerNotFound, ControlProblems.ErasureRuns, ControlProblems.TooManyErasures, ControlProblems.Unavailable);
        group.MapDelete("/forget/{userId}", LiftAsync)
            .Describe("liftErasure", "Accept an erased person's events again", "Events of the person are accepted from now on. Erased data stays erased.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_notForgotten, ApiProblems.CustomerNotFound, ControlProblems.ErasureRuns, ControlProblems.Unavailable);
        ExportRoute.Map(group);
        ConsentRoute.Map(group);
        RetentionRoute.Map(group);
        group.MapGet("/status/{requestId}", FindAsync)
            .Describe("getPrivacyRequest", "Follow a request", "The progress of an erasure request, and its receipt.").Problems(s_notFound, ControlProblems.Unavailable);
        group.MapGet("/requests", ListAsync)
            .Describe("listPrivacyRequests", "List requests", "The store's erasure requests, the newest first.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
    }

    static async Task<Accepted<ErasureItem>> ForgetAsync(
        [Description("The customer's id, percent-encoded.")] string userId, ForgetBody body, HttpContext context, Caller caller, PrivacyServices privacy)
    {
        var id = CartReader.ShownUserOf(context, userId);
        var problem = !ErasureRequests.TryParse(body.Mode ?? "delete", out var mode) ? $"mode: expected delete or anonymise, got '{body.Mode}'."
            : ProblemOf(id, body.Reason);
        if (problem is not null)
        {
            throw new ProblemException(s_invalid with { Detail = problem });
        }

        var request = await privacy.Requests.AddAsync(privacy.Folder, caller.Store.Id, id, mode, body.Reason, ActorOf(context), UserIdentity.AddressOf(context), context.RequestAborted);
        return TypedResults.Accepted($"/v1/gdpr/status/{request.Id}", ErasureItem.Of(request));
    }

    /// <summary>Validates the id of a person and a reason. Returns the problem; <see langword="null"/> if they are valid.</summary>
    internal static string? ProblemOf(string id, string? reason) =>
        System.Text.Encoding.UTF8.GetByteCount(id) > EventSlab.MaxSentIdLength ? $"userId: expected at most {EventSlab.MaxSentIdLength} bytes."
        : ForgottenPeople.IsNobody(id) ? $"userId: expected a customer's id; '{id}' is a placeholder that events are stored without."
        : reason is { Length: 0 or > ErasureRequests.MaxReason } || reason?.Any(char.IsControl) == true ? $"reason: expected 1 to {ErasureRequests.MaxReason} characters on one line."
        : reason?.Contains(id, StringComparison.OrdinalIgnoreCase) == true || reason?.Contains('@') == true ? "reason: expected a text that does not name the person: it is kept."
        : null;

    static async Task<NoContent> LiftAsync([Description("The customer's id, percent-encoded.")] string userId, HttpContext context, Caller caller, PrivacyServices privacy) =>
        await privacy.Requests.LiftAsync(caller.Store.Id, CartReader.ShownUserOf(context, userId), ActorOf(context), UserIdentity.AddressOf(context), context.RequestAborted)
            ? TypedResults.NoContent() : throw new ProblemException(s_notForgotten);

    static async Task<Ok<ErasureItem>> FindAsync([Description("The request's id.")] string requestId, HttpContext context, Caller caller, PrivacyServices privacy) =>
        TypedResults.Ok(ErasureItem.Of(await privacy.Requests.FindAsync(caller.Store.Id, requestId, context.RequestAborted) ?? throw new ProblemException(s_notFound)));

    static async Task<Ok<ItemPage<ErasureItem>>> ListAsync(HttpContext context, Caller caller, RequestQuery query, PrivacyServices privacy)
    {
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var requests = await privacy.Requests.ListAsync(caller.Store.Id, query.Of(QueryParameters.Cursor), limit + 1, context.RequestAborted);
        return TypedResults.Ok(new ItemPage<ErasureItem>([.. requests.Take(limit).Select(ErasureItem.Of)], SealedCursor.Seal(context, requests.Count > limit ? requests[limit - 1].Id : null)));
    }

    /// <summary>Returns the actor of a request, as in the audit log.</summary>
    internal static string ActorOf(HttpContext context) => context.User.Identity switch
    {
        UserIdentity user => user.ActorName,
        StoreKeyIdentity key => key.ActorName,
        _ => throw new InvalidOperationException("The route requires a key or a user."),
    };
}
