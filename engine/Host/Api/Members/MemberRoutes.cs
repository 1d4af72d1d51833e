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

/// <summary><c>/v1/members</c>: who may sign in. Takes a role for all stores; nobody changes or makes a member who may do more than they.</summary>
static class MemberRoutes
{
    // More than enough for several roles in each of many stores.
    const int MaxRoles = 200;

    static readonly HttpProblem s_invalid = new(400, "invalid_member", "The body is no member.");
    static readonly HttpProblem s_notFound = new(404, "member_not_found", "There is no such member.");
    static readonly HttpProblem s_exists = new(409, "member_exists", "There is a member with this e-mail address already.");
    static readonly HttpProblem s_disabled = new(409, "member_disabled", "The member is disabled. Enable the member first.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/members").WithTags(ApiTags.Members).RequireAuthorization(AccessPolicies.User);
        group.MapGet("", ListAsync).WithMetadata(new RequiredPermission(Permission.UsersRead))
            .Describe("listMembers", "List members", "Everyone who may sign in or was invited, the oldest first.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        group.MapPost("", InviteAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("inviteMember", "Invite a member", "The member sets a password with a link, within seven days. Without `control.mail`, the answer has its token, for you to pass on.")
            .Produces<InvitedMember>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, s_exists, ControlProblems.NotHeld, ControlProblems.RoleUnknown, ControlProblems.Unavailable);
        group.MapGet("/{id}", GetAsync).WithMetadata(new RequiredPermission(Permission.UsersRead))
            .Describe("getMember", "Get a member", "A member, with the roles in each store.").Problems(s_notFound, ControlProblems.Unavailable);
        group.MapPatch("/{id}", ChangeAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("changeMember", "Change a member", "Replaces roles, disables or enables, or removes the authenticator app. What the body does not name stays.")
            .Produces<MemberItem>().Problems(ApiProblems.InvalidJson, s_invalid, s_notFound, ControlProblems.NotHeld, ControlProblems.RoleUnknown, ControlProblems.LastAdmin, ControlProblems.Unavailable);
        group.MapPost("/{id}/link", LinkAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("sendMemberLink", "Send a link", "Makes another link to set a password with: the invitation again, or a reset. Former links end.")
            .Produces<MemberLink>().Problems(s_notFound, s_disabled, ControlProblems.NotHeld, ControlProblems.Unavailable);
        group.MapDelete("/{id}", DeleteAsync).WithMetadata(new RequiredPermission(Permission.UsersWrite))
            .Describe("deleteMember", "Delete a member", "Ends all sessions. The audit log keeps the id, and no address.")
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

        var grants = GrantsOf(context, body.Roles ?? [], stores);
        try
        {
            var (user, token) = await users.InviteAsync(email, grants, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted);
            return TypedResults.Created((string?)null, new InvitedMember(MemberItem.Of(user), Give(context, user, token, mail, time)));
        }
        catch (ControlDatabaseException e) when (e.Code == ControlDatabaseException.Duplicate)
        {
            throw new ProblemException(s_exists);
        }
    }

    static async Task<Ok<MemberItem>> ChangeAsync(
        HttpContext context, [Description("The member's id.")] string id, MemberChange body, UserStore users, StoreDirectory stores, Logins logins)
    {
        if (body.State is not (null or "active" or "disabled"))
        {
            throw Invalid($"state: expected active or disabled, got '{body.State}'");
        }

        if (body.Totp == true)
        {
            throw Invalid("totp: expected false; a member sets an authenticator app up with POST /v1/auth/totp");
        }

        await FindChangeableAsync(context, id, users);
        var (actor, address) = (UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context));
        if (body.Roles is { } roles)
        {
            await users.SetGrantsAsync(id, GrantsOf(context, roles, stores), actor, address, context.RequestAborted);
        }

        if (body.State is { } state)
        {
            await users.DisableAsync(id, state == "disabled", actor, address, context.RequestAborted);
        }

        if (body.Totp == false)
        {
            await logins.RemoveTotpAsync(id, actor, context.RequestAborted);
        }

        return TypedResults.Ok(MemberItem.Of(await FindAsync(context, id, users)));
    }

    static async Task<Ok<MemberLink>> LinkAsync(HttpContext context, [Description("The member's id.")] string id, UserStore users, MemberMail mail, TimeProvider time)
    {
        var user = await FindChangeableAsync(context, id, users);
        return await users.ResetAsync(user.Email, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted) is { } token
            ? TypedResults.Ok(Give(context, user, token, mail, time)) : throw new ProblemException(s_disabled);
    }

    static async Task<NoContent> DeleteAsync(HttpContext context, [Description("The member's id.")] string id, UserStore users)
    {
        await FindChangeableAsync(context, id, users);
        return await users.DeleteAsync(id, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted)
            ? TypedResults.NoContent() : throw new ProblemException(s_notFound);
    }

    static async Task<User> FindAsync(HttpContext context, string id, UserStore users) =>
        await users.FindByIdAsync(id, context.RequestAborted) ?? throw new ProblemException(s_notFound);

    // Else who may change members would become an administrator with the link of one.
    static async Task<User> FindChangeableAsync(HttpContext context, string id, UserStore users)
    {
        var user = await FindAsync(context, id, users);
        CheckHeld(context, user.Grants);
        return user;
    }

    static List<Grant> GrantsOf(HttpContext context, IReadOnlyList<UserRole> roles, StoreDirectory stores)
    {
        if (roles.Count > MaxRoles)
        {
            throw Invalid($"roles: expected at most {MaxRoles}");
        }

        if (roles.FirstOrDefault(role => role.StoreId is { } id && stores.FindStore(id) is null) is { } elsewhere)
        {
            throw Invalid($"roles: there is no store '{elsewhere.StoreId}'");
        }

        List<Grant> grants = [.. roles.Select(role => new Grant(role.Role ?? throw Invalid("roles: expected a role"), role.StoreId)).Distinct()];
        CheckHeld(context, grants);
        return grants;
    }

    static void CheckHeld(HttpContext context, IEnumerable<Grant> grants)
    {
        var user = UserIdentity.Of(context).User;
        if (grants.Select(user.LackingOf).FirstOrDefault(item => item is not null) is { } lacking)
        {
            throw new ProblemException(ControlProblems.Lacks(lacking));
        }
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
