using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>Selects entries of the audit log. All conditions must hold; <see langword="null"/> holds for every entry.</summary>
/// <param name="From">Done at this time or later.</param>
/// <param name="To">Done before this time.</param>
/// <param name="Actor">By this actor.</param>
/// <param name="Action">This action, or with a dot at the end all that begin with it: <c>user.</c>.</param>
/// <param name="Target">To this target.</param>
/// <param name="Store">In this store.</param>
public sealed record AuditFilter(
    DateTimeOffset? From = null, DateTimeOffset? To = null, string? Actor = null, string? Action = null, string? Target = null, string? Store = null)
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
    }
}
