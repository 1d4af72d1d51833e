using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>Stores custom roles, besides the built-in ones. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class RoleStore(ControlDatabase database)
{
    /// <summary>Maximum number of custom roles.</summary>
    public const int MaxRoles = 100;

    readonly AuditLog _audit = new(database);

    /// <summary>Lists all roles: the built-in ones, then the others by name.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<IReadOnlyDictionary<string, Role>> ListAsync(CancellationToken cancellation = default) => database.ReadAsync(ReadAsync, cancellation);

    /// <summary>Adds or changes a role. Takes effect within a second for its users, and ends their pending links.</summary>
    /// <param name="role">The role. The caller has validated it.</param>
    /// <param name="isNew">Whether the role is added.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="by">The user who makes the change. Must hold the former and the new permissions. <see langword="null"/> for a command.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns><see langword="false"/> if there is no such role to change.</returns>
    /// <exception cref="ControlRefusalException">The name is taken, there are too many roles, or <paramref name="by"/> lacks a permission.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> SetAsync(
        Role role, bool isNew, string actor, string? address, SignedInUser? by = null, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var former = await session.FirstAsync($"SELECT permissions FROM roles WHERE name = {role.Name}", row => row.Text(0));
        var isKnown = former is not null;
        if (!isNew && !isKnown)
        {
            return false;
        }

        if (isNew && isKnown)
        {
            throw new ControlRefusalException(ControlRefusalException.RoleExists, $"There is a role '{role.Name}' already. Change it, or choose another name.");
        }

        if (isNew && await session.NumberAsync($"SELECT COUNT(*) FROM roles") >= MaxRoles)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyRoles, $"There are {MaxRoles} roles. Delete an unused one.");
        }

        // Includes the former permissions: a user must not revoke permissions that the user does not hold.
        await GrantCheck.EnsureHeldAsync(session, by, role.Permissions.Union(PermissionsOf(former ?? "")), store: null);
        var permissions = string.Join(' ', role.Permissions.Order(StringComparer.Ordinal));
        if (permissions != former)
        {
            await UserStore.EndLinksAsync(session, SqlPart.Of($"user_id IN (SELECT user_id FROM user_roles WHERE role = {role.Name})"));
        }

        await session.RunAsync($"""
            INSERT INTO roles (name, permissions) VALUES ({role.Name}, {permissions})
            ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions
            """);
        await _audit.AppendAsync(session, new AuditEvent(actor, isNew ? "role.add" : "role.change", $"role:{role.Name}",
            Details: $$"""{"permissions":"{{JsonEncodedText.Encode(permissions)}}"}""")
        { Address = address });
        await session.MarkChangedAsync(UserStore.Topic);
        return true;
    }, cancellation);

    /// <summary>Deletes a custom role.</summary>
    /// <returns><see langword="false"/> if there is no such role.</returns>
    /// <exception cref="ControlRefusalException">The role is assigned to a user.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> DeleteAsync(string name, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await session.NumberAsync($"SELECT COUNT(*) FROM user_roles WHERE role = {name}") is > 0 and var users)
        {
            throw new ControlRefusalException(ControlRefusalException.RoleInUse, $"Users have the role '{name}' {users} times. Give them another role first.");
        }

        if (await session.RunAsync($"DELETE FROM roles WHERE name = {name}") == 0)
        {
            return false;
        }

        await _audit.AppendAsync(session, new AuditEvent(actor, "role.delete", $"role:{name}") { Address = address });
        await session.MarkChangedAsync(UserStore.Topic);
        return true;
    }, cancellation);

    /// <summary>Reads all roles in a transaction. Ignores permissions that this version does not know.</summary>
    internal static async Task<IReadOnlyDictionary<string, Role>> ReadAsync(ControlSession session)
    {
        var own = await session.ListAsync($"SELECT name, permissions FROM roles ORDER BY name LIMIT {MaxRoles}",
            row => new Role(row.Text(0), PermissionsOf(row.Text(1))));
        return Role.BuiltIn.Values.Concat(own.Where(role => !Role.BuiltIn.ContainsKey(role.Name))).ToDictionary(role => role.Name, StringComparer.Ordinal);
    }

    static HashSet<string> PermissionsOf(string stored) => stored.Split(' ').Where(Permission.All.Contains).ToHashSet(StringComparer.Ordinal);
}
