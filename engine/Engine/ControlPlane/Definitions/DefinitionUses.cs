using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>Finds references to definitions, in the transaction of a change.</summary>
static class DefinitionUses
{
    // Maximum number of references in an error.
    const int MaxNamed = 5;

    /// <summary>Throws if something uses a definition. Drafts of campaigns count, archived campaigns do not.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The definition.</param>
    /// <param name="campaigns">The campaigns in force that name it.</param>
    /// <exception cref="ControlRefusalException">The definition is in use.</exception>
    public static async Task EnsureUnusedAsync<T>(ControlSession session, DefinitionKind<T> kind, string store, string name, IReadOnlyList<string> campaigns)
        where T : class
    {
        var others = kind.OtherUses is { } find ? await find(session, store, name) : [];
        var versions = SqlPart.Of($"(v.number = c.version OR v.number = c.active_version) AND c.state <> {ManagedCampaign.Archived}");
        string[] uses = [.. others, .. await CampaignsAsync(session, kind, versions, store, name, campaigns)];
        if (uses.Length > 0)
        {
            throw new ControlRefusalException(kind.Terms.InUse!, $"The {kind.Terms.Noun} is used by {Describe(uses)}. Change or delete that first.");
        }
    }

    /// <summary>Throws if a campaign that is approved or in force names a definition: a change without approval would change the campaign.</summary>
    /// <inheritdoc cref="EnsureUnusedAsync{T}"/>
    /// <exception cref="ControlRefusalException">There is such a campaign.</exception>
    public static async Task EnsureNotApprovedAsync<T>(ControlSession session, DefinitionKind<T> kind, string store, string name, IReadOnlyList<string> campaigns)
        where T : class
    {
        var versions = SqlPart.Of($"(v.number = c.active_version OR (v.number = c.version AND c.state = {ManagedCampaign.Approved}))");
        var (noun, uses) = (kind.Terms.Noun, await CampaignsAsync(session, kind, versions, store, name, campaigns));
        if (uses.Length > 0)
        {
            throw new ControlRefusalException(ControlRefusalException.ApprovalRequired,
                $"The {noun} is used by {Describe(uses)}, whose changes another user must approve (settings.approval). Create another {noun}, and a version of the campaign that names it.");
        }
    }

    static async Task<string[]> CampaignsAsync<T>(ControlSession session, DefinitionKind<T> kind, SqlPart versions, string store, string name, IReadOnlyList<string> campaigns)
        where T : class
    {
        var managed = await session.ListAsync(
            $"""
            SELECT c.name, v.definition, v.stores FROM campaigns c JOIN campaign_versions v ON v.name = c.name WHERE {versions}
            ORDER BY c.name LIMIT {2 * CampaignStore.MaxCampaigns}
            """, row => (Name: row.Text(0), Definition: row.Text(1), Stores: row.Text(2).Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        return [.. campaigns.Concat(managed.Where(one => (one.Stores.Length == 0 || one.Stores.Contains(store)) && kind.NamesIn(one.Definition).Contains(name)).Select(one => one.Name))
            .Distinct(StringComparer.Ordinal).Select(campaign => $"the campaign '{campaign}'")];
    }

    static string Describe(string[] uses) => uses.Length <= MaxNamed ? string.Join(", ", uses) : $"{string.Join(", ", uses.Take(MaxNamed))} and {uses.Length - MaxNamed} others";
}
