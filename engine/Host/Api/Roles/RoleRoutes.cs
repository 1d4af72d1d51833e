using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Roles;

/// <summary>Routes of <c>/v1/roles</c>: the built-in and the custom roles.</summary>
static class RoleRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_role", "The body is not a role.");
    static readonly HttpProblem s_notFound = new(404, "role_not_found", "There is no such role.");
    static readonly HttpProblem s_builtIn = new(409, "built_in_role", "The role is built in. Create a custom role.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/roles").WithTags(ApiTags.Roles).RequireAuthorization(AccessPolicies.User);
        group.MapGet("", ListAsync).WithMetadata(new RequiredPermission(Permission.RolesRead))
            .Describe("listRoles", "List roles", "The built-in roles, then the custom ones.").Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        group.MapPost("", AddAsync).WithMetadata(new RequiredPermission(Permission.RolesWrite))
            .Describe("createRole", "Create a role", "A named list of permissions. You must hold all of them in all stores.")
            .Produces<RoleItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, ControlProblems.NotHeld, ControlProblems.RoleExists, ControlProblems.TooManyRoles, ControlProblems.Unavailable);
        group.MapPut("/{name}", ChangeAsync).WithMetadata(new RequiredPermission(Permission.RolesWrite))
            .Describe("changeRole", "Change a role", "Replaces the permissions. Takes effect within a second. You must hold the former and the new permissions in all stores.")
            .Produces<RoleItem>().Problems(ApiProblems.InvalidJson, s_invalid, s_notFound, s_builtIn, ControlProblems.NotHeld, ControlProblems.Unavailable);
        group.MapDelete("/{name}", DeleteAsync).WithMetadata(new RequiredPermission(Permission.RolesWrite))
            .Describe("deleteRole", "Delete a role", "A role that is assigned to a user cannot be deleted.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_notFound, s_builtIn, ControlProblems.RoleInUse, ControlProblems.Unavailable);
    }

    static async Task<Ok<ItemPage<RoleItem>>> ListAsync(HttpContext context, RequestQuery query, RoleStore roles) =>
        TypedResults.Ok(Cursors.Page(context, query, [.. (await roles.ListAsync(context.RequestAborted)).Values.Select(ItemOf)]));

    static async Task<Created<RoleItem>> AddAsync(HttpContext context, RoleBody body, RoleStore roles)
    {
        if (Role.BuiltIn.ContainsKey(body.Name ?? ""))
        {
            throw new ProblemException(ControlProblems.RoleExists);
        }

        return TypedResults.Created((string?)null, ItemOf(await SetAsync(context, body.Name ?? "", body.Permissions, isNew: true, roles)));
    }

    static async Task<Ok<RoleItem>> ChangeAsync(HttpContext context, [Description("The role.")] string name, RoleChange body, RoleStore roles)
    {
        CheckOwn(name);
        return TypedResults.Ok(ItemOf(await SetAsync(context, name, body.Permissions, isNew: false, roles)));
    }

    static async Task<NoContent> DeleteAsync(HttpContext context, [Description("The role.")] string name, RoleStore roles)
    {
        CheckOwn(name);
        var user = UserIdentity.Of(context);
        return await roles.DeleteAsync(name, user.ActorName, UserIdentity.AddressOf(context), context.RequestAborted)
            ? TypedResults.NoContent() : throw new ProblemException(s_notFound);
    }

    static async Task<Role> SetAsync(HttpContext context, string name, IReadOnlyList<string>? permissions, bool isNew, RoleStore roles)
    {
        if (Role.ProblemOf(name, permissions ?? []) is { } problem)
        {
            throw new ProblemException(s_invalid with { Detail = $"{problem}." });
        }

        var user = UserIdentity.Of(context);
        var role = new Role(name, permissions!.ToHashSet(StringComparer.Ordinal));
        return await roles.SetAsync(role, isNew, user.ActorName, UserIdentity.AddressOf(context), user.User, context.RequestAborted) ? role : throw new ProblemException(s_notFound);
    }

    static void CheckOwn(string name)
    {
        if (Role.BuiltIn.ContainsKey(name))
        {
            throw new ProblemException(s_builtIn);
        }
    }

    static RoleItem ItemOf(Role role) => new(role.Name, [.. Permission.All.Where(role.Permissions.Contains)], Role.BuiltIn.ContainsKey(role.Name));
}
