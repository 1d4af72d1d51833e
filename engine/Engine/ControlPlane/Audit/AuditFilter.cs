using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>A filter of audit entries. All conditions must hold; <see langword="null"/> matches every entry.</summary>
/// <param name="From">Matches entries at this time or later.</param>
/// <param name="To">Matches entries before this time.</param>
/// <param name="Actor">The actor.</param>
/// <param name="Action">The action; with a trailing dot, a prefix: <c>user.</c> matches all actions of users.</param>
/// <param name="Target">The target.</param>
/// <param name="Store">The store's id.</param>
/// <param name="IsAccess">Matches sign-ins, refusals, and reads of personal data alone.</param>
public sealed record AuditFilter(
    DateTimeOffset? From = null, DateTimeOffset? To = null, string? Actor = null, string? Action = null, string? Target = null, string? Store = null, bool IsAccess = false)
{
    internal SqlPart Condition => SqlPart.All(Conditions());

    IEnumerable<SqlPart> Conditions()
    {
        if (From is { } from)
        {
            yield return SqlPart.Of($"at >= {from}");
        }

        if (To is { } to)
        {
            yield return SqlPart.Of($"at < {to}");
        }

        if (Actor is { } actor)
        {
            yield return SqlPart.Of($"actor = {actor}");
        }

        if (Action is { } action)
        {
            yield return action.EndsWith('.') ? SqlPart.Of($"SUBSTR(action, 1, CAST({action.Length} AS INTEGER)) = {action}") : SqlPart.Of($"action = {action}");
        }

        if (Target is { } target)
        {
            yield return SqlPart.Of($"target = {target}");
        }

        if (Store is { } store)
        {
            yield return SqlPart.Of($"store = {store}");
        }

        if (IsAccess)
        {
            yield return SqlPart.Of($"""
                action IN ('user.login', 'user.login_refused', 'user.login_throttled', 'user.logout', 'session.reuse', 'access.refused', 'personal_data.read', 'data.export')
                """);
        }
    }
}
