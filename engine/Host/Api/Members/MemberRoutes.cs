using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Stores;
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

namespace CartRecovery.Host.Api.Members;

/// <summary>
/// Routes of <c>/v1/members</c>: users who may sign in. Require a role for all stores; a caller cannot invite or change a member with further permissions.
/// </summary>
static class MemberRoutes
{
    // Enough for several roles in each of many stores.
    const int MaxRoles = 200;

    static readonly HttpProblem s_invalid = new(400, "invalid_member", "The body is not a member.");
    static readonly HttpProblem s_notFound = new(404, "member_not_found", "There is no such member.");
    static readonly HttpProblem s_exists = new(409, "member_exists", "There is a member with this e-mail address already.");
    static readonly HttpProblem s_disabled = new(409, "member_disabled", "The member is disabled. Enable the member first.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/members").WithTags(ApiTags.Members).RequireAuthorization(AccessPolicies.User);
        group.MapGet("", ListAsync).WithMetadata(new RequiredPermission(Permission.UsersRead))
            .Describe("listMembers", "List members", "The users who may sign in or were invited, the oldest first.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        group.MapPost("", InviteAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("inviteMember", "Invite a member", "The member sets a password with a link, within seven days. Without `control.mail`, the answer has the link's token, for you to pass on.")
            .Produces<InvitedMember>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, s_exists, ControlProblems.NotHeld, ControlProblems.RoleUnknown, ControlProblems.TooManyMembers, ControlProblems.Unavailable);
        group.MapGet("/{id}", GetAsync).WithMetadata(new RequiredPermission(Permission.UsersRead))
            .Describe("getMember", "Get a member", "A member, with the roles in each store.").Problems(s_notFound, ControlProblems.Unavailable);
        group.MapPatch("/{id}", ChangeAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("changeMember", "Change a member", "Replaces roles, disables or enables the member, or removes the authenticator app. Applies the whole body or nothing. A change of roles or state ends the member's links.")
            .Produces<MemberItem>().Problems(ApiProblems.InvalidJson, s_invalid, s_notFound, ControlProblems.NotHeld, ControlProblems.RoleUnknown, ControlProblems.LastAdmin, ControlProblems.Unavailable);
        group.MapPost("/{id}/link", LinkAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("sendMemberLink", "Send a link", "Creates another link to set a password: the invitation again, or a reset. Ends former links.")
            .Produces<MemberLink>().Problems(s_notFound, s_disabled, ControlProblems.NotHeld, ControlProblems.Unavailable);
        group.MapDelete("/{id}", DeleteAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("deleteMember", "Delete a member", "Ends all sessions. The audit log keeps the id, but no address.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_notFound, ControlProblems.NotHeld, ControlProblems.LastAdmin, ControlProblems.Unavailable);
    }

    static async Task<Ok<ItemPage<MemberItem>>> ListAsync(HttpContext context, RequestQuery query, UserStore users) =>
        TypedResults.Ok(Cursors.Page(context, query, [.. (await users.ListAsync(context.RequestAborted)).Select(MemberItem.Of)]));

    static async Task<Ok<MemberItem>> GetAsync(HttpContext context, [Description("The member's id.")] string id, UserStore users) =>
        TypedResults.Ok(MemberItem.Of(await FindAsync(context, id, users)));

    static async Task<Created<InvitedMember>> InviteAsync(HttpContext context, MemberBody body, UserStore users, StoreDirectory stores, MemberMail mail, TimeProvider time)
    {
        if (body.Email is not { } email || !User.IsEmail(User.Normalize(email)))
        {
            throw Invalid("email: expected an e-mail address");
        }

        var (grants, by) = (ReadGrants(body.Roles ?? [], stores), UserIdentity.Of(context));
        try
        {
            var (user, token) = await users.InviteAsync(email, grants, by.ActorName, UserIdentity.AddressOf(context), by.User, context.RequestAborted);
            return TypedResults.Created((string?)null, new InvitedMember(MemberItem.Of(user), Give(context, user, token, mail, time)));
        }
        catch (ControlDatabaseException e) when (e.Code == ControlDatabaseException.Duplicate)
        {
            throw new ProblemException(s_exists);
        }
    }

    static async Task<Ok<MemberItem>> ChangeAsync(
        HttpContext context, [Description("The member's id.")] string id, MemberChange body, UserStore users, StoreDirectory stores)
    {
        if (body.State is not (null or "active" or "disabled"))
        {
            throw Invalid($"state: expected active or disabled, got '{body.State}'");
        }

        if (body.Totp == true)
        {
            throw Invalid("totp: expected false; a member sets an authenticator app up with POST /v1/auth/totp");
        }

        var change = new UserChange(body.Roles is { } roles ? ReadGrants(roles, stores) : null, body.State is { } state ? state == "disabled" : null, RemovesTotp: body.Totp == false);
        var by = UserIdentity.Of(context);
        if (!await users.ChangeAsync(id, change, by.ActorName, UserIdentity.AddressOf(context), by.User, context.RequestAborted))
        {
            throw new ProblemException(s_notFound);
        }

        return TypedResults.Ok(MemberItem.Of(await FindAsync(context, id, users)));
    }

    static async Task<Ok<MemberLink>> LinkAsync(HttpContext context, [Description("The member's id.")] string id, UserStore users, MemberMail mail, TimeProvider time)
    {
        var (user, by) = (await FindAsync(context, id, users), UserIdentity.Of(context));
        return await users.ResetAsync(user.Email, by.ActorName, UserIdentity.AddressOf(context), by.User, context.RequestAborted) is { } token
            ? TypedResults.Ok(Give(context, user, token, mail, time)) : throw new ProblemException(s_disabled);
    }

    static async Task<NoContent> DeleteAsync(HttpContext context, [Description("The member's id.")] string id, UserStore users)
    {
        var by = UserIdentity.Of(context);
        return await users.DeleteAsync(id, by.ActorName, UserIdentity.AddressOf(context), by.User, context.RequestAborted)
            ? TypedResults.NoContent() : throw new ProblemException(s_notFound);
    }

    static async Task<User> FindAsync(HttpContext context, string id, UserStore users) =>
        await users.FindByIdAsync(id, context.RequestAborted) ?? throw new ProblemException(s_notFound);

    static List<Grant> ReadGrants(IReadOnlyList<UserRole> roles, StoreDirectory stores)
    {
        if (roles.Count > MaxRoles)
        {
            throw Invalid($"roles: expected at most {MaxRoles}");
        }

        var grants = new List<Grant>(roles.Count);
        foreach (var role in roles)
        {
            if (role.StoreId is { } id && stores.FindStore(id) is null)
            {
                throw Invalid($"roles: there is no store '{id}'");
            }

            grants.Add(new Grant(role.Role ?? throw Invalid("roles: expected a role"), role.StoreId));
        }

        return [.. grants.Distinct()];
    }

    static MemberLink Give(HttpContext context, User user, string token, MemberMail mail, TimeProvider time)
    {
        context.Response.Headers.CacheControl = "no-store";
        var isInvitation = user.State == UserState.Invited;
        var until = time.GetUtcNow() + (isInvitation ? UserStore.InvitationAge : UserStore.ResetAge);
        var mailed = mail.TrySend(user.Email, token, isInvitation, until);
        return new MemberLink(mailed, mailed ? null : token, until.UtcDateTime);
    }

    static ProblemException Invalid(string detail) => new(s_invalid with { Detail = $"{detail}." });
}
