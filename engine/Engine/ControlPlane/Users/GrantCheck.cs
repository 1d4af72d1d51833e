using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>
/// Rejects changes by which users would grant permissions that they do not hold. Reads the grants in the transaction of the change, because
/// the caches of <see cref="AccessDirectory"/> may be out of date.
/// </summary>
static class GrantCheck
{
    /// <summary>Throws unless a user holds every permission of the given roles.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="giver">The user; <see langword="null"/> for a command on the machine, which may grant everything.</param>
    /// <param name="grants">The roles.</param>
    /// <exception cref="ControlRefusalException"><see cref="ControlRefusalException.PermissionNotHeld"/>.</exception>
    public static async Task EnsureHeldAsync(ControlSession session, SignedInUser? giver, IReadOnlyCollection<Grant> grants)
    {
        if (giver is not null)
        {
            var current = await ReadAsync(session, giver);
            Refuse([.. grants.SelectMany(current.FindMissing)]);
        }
    }

    /// <summary>Throws unless a user holds the given permissions.</summary>
    /// <inheritdoc cref="EnsureHeldAsync(ControlSession, SignedInUser?, IReadOnlyCollection{Grant})"/>
    /// <param name="session">The transaction.</param>
    /// <param name="giver">The user; <see langword="null"/> for a command on the machine.</param>
    /// <param name="permissions">The permissions.</param>
    /// <param name="store">The store's id; <see langword="null"/> for all stores.</param>
    public static async Task EnsureHeldAsync(ControlSession session, SignedInUser? giver, IEnumerable<string> permissions, string? store)
    {
        if (giver is not null)
        {
            var current = await ReadAsync(session, giver);
            Refuse([.. permissions.Where(permission => !current.Has(permission, store))]);
        }
    }

    static void Refuse(IReadOnlyList<string> missing)
    {
        if (missing.Count > 0)
        {
            throw new ControlRefusalException(ControlRefusalException.PermissionNotHeld, $"You cannot grant a permission that you do not have: {missing[0]}.");
        }
    }

    // Users of other issuers and client certificates have no row here: their roles are those of the token or the configuration.
    static async Task<SignedInUser> ReadAsync(ControlSession session, SignedInUser giver)
    {
        var roles = await RoleStore.ReadAsync(session);
        return giver.Session.Length == 0 ? giver with { Roles = roles }
            : giver with { Roles = roles, User = giver.User with { Grants = await UserGrants.ReadActiveAsync(session, giver.User.Id) } };
    }
}
