using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>Reads and writes the roles of users in a transaction.</summary>
static class UserGrants
{
    /// <summary>Reads a user's roles.</summary>
    public static Task<List<Grant>> ReadAsync(ControlSession session, string user) => ReadAsync(session, SqlPart.Of($"user_id = {user}"));

    /// <summary>Reads the roles of an active user; none for any other.</summary>
    public static Task<List<Grant>> ReadActiveAsync(ControlSession session, string user) =>
        ReadAsync(session, SqlPart.Of($"user_id IN (SELECT id FROM users WHERE id = {user} AND state = {"active"})"));

    /// <summary>Replaces a user's roles.</summary>
    /// <exception cref="ControlRefusalException"><see cref="ControlRefusalException.RoleUnknown"/>.</exception>
    public static async Task ReplaceAsync(ControlSession session, string user, IReadOnlyList<Grant> grants)
    {
        await EnsureKnownAsync(session, grants);
        await session.RunAsync($"DELETE FROM user_roles WHERE user_id = {user}");
        foreach (var grant in grants.Distinct())
        {
            await session.RunAsync($"INSERT INTO user_roles (user_id, role, store) VALUES ({user}, {grant.Role}, {grant.Store ?? ""})");
        }
    }

    /// <summary>Throws unless the roles exist, and the giver holds all of their permissions.</summary>
    /// <param name="session">The transaction, before any change: users may change their own roles.</param>
    /// <param name="giver">The user; <see langword="null"/> for a command on the machine.</param>
    /// <param name="grants">The roles.</param>
    /// <exception cref="ControlRefusalException"><see cref="ControlRefusalException.RoleUnknown"/> or <see cref="ControlRefusalException.PermissionNotHeld"/>.</exception>
    public static async Task EnsureGrantableAsync(ControlSession session, SignedInUser? giver, IReadOnlyList<Grant> grants)
    {
        await EnsureKnownAsync(session, grants);
        await GrantCheck.EnsureHeldAsync(session, giver, grants);
    }

    /// <summary>Formats roles as the details of an audit entry.</summary>
    public static string DetailsOf(IReadOnlyList<Grant> grants) => $$"""{"roles":[{{string.Join(',', grants.Select(grant =>
        $"\"{JsonEncodedText.Encode(grant.Store is null ? grant.Role : $"{grant.Role}@{grant.Store}")}\""))}}]}""";

    static async Task EnsureKnownAsync(ControlSession session, IReadOnlyList<Grant> grants)
    {
        var roles = await RoleStore.ReadAsync(session);
        foreach (var grant in grants)
        {
            if (!roles.ContainsKey(grant.Role))
            {
                throw new ControlRefusalException(ControlRefusalException.RoleUnknown, $"There is no role '{grant.Role}'. GET /v1/roles lists them.");
            }
        }
    }

    static Task<List<Grant>> ReadAsync(ControlSession session, SqlPart condition) => session.ListAsync(
        $"SELECT role, store FROM user_roles WHERE {condition}", row => new Grant(row.Text(0), row.Text(1) is { Length: > 0 } store ? store : null));
}
