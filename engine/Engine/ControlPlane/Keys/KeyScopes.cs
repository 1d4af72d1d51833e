using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>The scopes of API keys: the permissions that concern one store. Managing people, keys and the audit log is reserved for users.</summary>
public static class KeyScopes
{
    /// <summary>Send events, over HTTP and on streams. Publishable keys have it, and no other.</summary>
    public const string SendEvents = "events:write";

    /// <summary>All scopes: those of a configured secret key, and of a key without a list.</summary>
    public static FrozenSet<string> All { get; } = Permission.All
        .Except([Permission.UsersRead, Permission.UsersWrite, Permission.AuditRead, Permission.KeysRead, Permission.KeysWrite, Permission.RolesRead, Permission.RolesWrite])
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Returns the permissions of a key.</summary>
    /// <param name="kind">The key's kind.</param>
    /// <param name="scopes">The scopes; <see langword="null"/> for all of its kind.</param>
    public static IEnumerable<string> Of(KeyKind kind, IEnumerable<string>? scopes) => kind == KeyKind.Publishable ? [SendEvents] : scopes ?? All;
}
