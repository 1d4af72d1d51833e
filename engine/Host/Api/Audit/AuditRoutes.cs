using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Audit;

/// <summary>Routes of <c>/v1/audit</c>: the audit log.</summary>
static class AuditRoutes
{
    static readonly QueryParameter<string> s_actor = QueryParameters.Text("actor", "Returns only entries of this actor: `user:ID`, `key:STORE/TAG`, `cli`, `engine` or `anonymous`.");
    static readonly QueryParameter<string> s_action = QueryParameters.Text("action", "Returns only this action; with a trailing dot, all actions with this prefix: `user.`.");
    static readonly QueryParameter<string> s_target = QueryParameters.Text("target", "Returns only entries about this target, such as `user:ID`.");
    static readonly QueryParameter<string> s_store = QueryParameters.Text("store", "Returns only entries about this store.");

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/audit", ListAsync)
        .WithTags(ApiTags.Audit).RequireAuthorization(AccessPolicies.User).WithMetadata(new RequiredPermission(Permission.AuditRead))
        .Describe("listAudit", "List the audit log", "Actions of users, keys and commands, the newest first. `cartrecovery audit verify` detects alterations.")
        .Query(QueryParameters.From, QueryParameters.To, s_actor, s_action, s_target, s_store, QueryParameters.Limit, QueryParameters.Cursor)
        .Produces<ItemPage<AuditRow>>().Problems(ControlProblems.Unavailable);

    /// <summary>Answers with a page of entries; the query has times, a limit and a cursor.</summary>
    /// <exception cref="Engine.ControlPlane.Database.ControlDatabaseException">The database failed.</exception>
    public static async Task<JsonResult> PageAsync(HttpContext context, RequestQuery query, AuditLog log, AuditFilter filter)
    {
        var (cursor, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        filter = filter with { From = TimeOf(query, QueryParameters.From), To = TimeOf(query, QueryParameters.To) };
        var entries = await log.ListAsync(filter, cursor == 0 ? long.MaxValue : cursor, limit + 1, context.RequestAborted);
        var next = SealedCursor.Seal(context, entries.Count > limit ? entries[limit - 1].Number.ToString(CultureInfo.InvariantCulture) : null);
        return new JsonResult(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items"u8);
            foreach (var entry in entries.Take(limit))
            {
                AuditJson.Write(writer, entry);
            }

            writer.WriteEndArray();
            writer.WriteString("next"u8, next);
            writer.WriteEndObject();
        });
    }

    static Task<JsonResult> ListAsync(HttpContext context, RequestQuery query, AuditLog log) => PageAsync(context, query, log,
        new AuditFilter(Actor: query.Of(s_actor), Action: query.Of(s_action), Target: query.Of(s_target), Store: query.Of(s_store)));

    static DateTimeOffset? TimeOf(RequestQuery query, QueryParameter<long> parameter) =>
        query.Of(parameter, long.MinValue) is var time and not long.MinValue ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
}

/// <summary>An entry of the audit log.</summary>
/// <param name="Number">The entry's number, from 1 without gaps.</param>
/// <param name="At">When it was done.</param>
/// <param name="Actor">The actor.</param>
/// <param name="Action">The action.</param>
/// <param name="Target">The target.</param>
/// <param name="StoreId">The store; null for none.</param>
/// <param name="Address">The client's address; null for none.</param>
/// <param name="Details">Further details, as JSON; null for none.</param>
/// <param name="Hash">SHA-256 over the previous entry's hash and this entry, hexadecimal.</param>
sealed record AuditRow(long Number, DateTime At, string Actor, string Action, string Target, string? StoreId, string? Address, string? Details, string Hash);
