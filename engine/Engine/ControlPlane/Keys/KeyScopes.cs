using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>What keys may be permitted: the permissions that concern one store. People alone look after people, keys and the audit log.</summary>
public static class KeyScopes
{
    /// <summary>Send events, over HTTP and on streams. Publishable keys have it, and no other.</summary>
    public const string SendEvents = "events:write";

    /// <summary>All scopes: what a secret key of the configuration may, and one without a list.</summary>
    public static FrozenSet<string> All { get; } = Permission.All
        .Except([Permission.UsersRead, Permission.UsersWrite, Permission.AuditRead, Permission.KeysRead, Permission.KeysWrite, Permission.RolesRead, Permission.RolesWrite])
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Returns the permissions that a key gives to whoever has it.</summary>
    /// <param name="kind">The key's kind.</param>
    /// <param name="scopes">The scopes; <see langword="null"/> for all that its kind may.</param>
    public static IEnumerable<string> Of(KeyKind kind, IEnumerable<string>? scopes) => kind == KeyKind.Publishable ? [SendEvents] : scopes ?? All;
}
