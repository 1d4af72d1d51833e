using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>Finds references to segments.</summary>
static class SegmentUses
{
    // Maximum number of references in an error.
    const int MaxNamed = 5;

    /// <summary>Throws if a segment that a change names was deleted since its validation.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="names">The segments that the change names; <see langword="null"/> elements are ignored.</param>
    /// <exception cref="ControlRefusalException">A segment is missing.</exception>
    public static async Task EnsureAsync(ControlSession session, string store, IEnumerable<string?> names)
    {
        foreach (var name in names.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (await session.NumberAsync($"SELECT 1 FROM segments WHERE store = {store} AND key = {name}") is null)
            {
                throw new ControlRefusalException(ControlRefusalException.SegmentUnknown, $"The store has no segment '{name}' any more. Choose another one.");
            }
        }
    }

    /// <summary>Finds the flags, running experiments and campaigns that name a segment, as a reader understands them. Archived campaigns do not count.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="key">The segment.</param>
    /// <param name="campaigns">The campaigns in force that name it.</param>
    public static async Task<List<string>> FindAsync(ControlSession session, string store, string key, IReadOnlyList<string> campaigns)
    {
        var flags = await FlagStore.ReadAsync(session, SqlPart.Of($"store = {store}"));
        var experiments = await ExperimentStore.ReadAsync(session, SqlPart.Of($"store = {store}"));
        var managed = await session.ListAsync(
            $"""
            SELECT c.name, v.definition, v.stores FROM campaigns c JOIN campaign_versions v ON v.name = c.name AND (v.number = c.version OR v.number = c.active_version)
            WHERE c.state <> {ManagedCampaign.Archived}
            ORDER BY c.name LIMIT {2 * CampaignStore.MaxCampaigns}
            """, ReadCampaign);
        return
        [
            .. flags.Where(flag => flag.Rules.Any(rule => rule.Segment == key)).Select(flag => $"the feature flag '{flag.Key}'"),
            .. experiments.Where(experiment => experiment.EndedAt is null && experiment.Definition.Segment == key).Select(experiment => $"the experiment '{experiment.Key}'"),
            .. campaigns.Concat(managed.Where(one => Names(one, store, key)).Select(one => one.Name))
                .Distinct(StringComparer.Ordinal).Select(name => $"the campaign '{name}'"),
        ];
    }

    /// <summary>Refuses to change a segment without approval: a campaign that is approved, or in force, names it.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="key">The segment.</param>
    /// <param name="campaigns">The campaigns in force that name it.</param>
    /// <exception cref="ControlRefusalException">There is such a campaign.</exception>
    public static async Task EnsureNotApprovedAsync(ControlSession session, string store, string key, IReadOnlyList<string> campaigns)
    {
        var approved = await session.ListAsync(
            $"""
            SELECT c.name, v.definition, v.stores FROM campaigns c
            JOIN campaign_versions v ON v.name = c.name AND (v.number = c.active_version OR (v.number = c.version AND c.state = {ManagedCampaign.Approved}))
            ORDER BY c.name LIMIT {2 * CampaignStore.MaxCampaigns}
            """, ReadCampaign);
        string[] names = [.. campaigns.Concat(approved.Where(one => Names(one, store, key)).Select(one => one.Name)).Distinct(StringComparer.Ordinal).Select(name => $"the campaign '{name}'")];
        if (names.Length > 0)
        {
            throw new ControlRefusalException(ControlRefusalException.ApprovalRequired,
                $"The segment is used by {Describe(names)}, whose changes another user must approve (settings.approval). Make another segment, and a version of the campaign that names it.");
        }
    }

    static (string Name, string Definition, string[] Stores) ReadCampaign(ControlRow row) =>
        (row.Text(0), row.Text(1), row.Text(2).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    static bool Names((string Name, string Definition, string[] Stores) campaign, string store, string key) =>
        (campaign.Stores.Length == 0 || campaign.Stores.Contains(store)) && NameIn(campaign.Definition) == key;

    /// <summary>Returns the segment that a campaign's definition names; <see langword="null"/> for none.</summary>
    /// <param name="definition">A JSON object.</param>
    public static string? NameIn(string definition) =>
        JsonNode.Parse(definition) is JsonObject campaign && campaign["segment"] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>Joins descriptions to a text of bounded length.</summary>
    public static string Describe(IReadOnlyList<string> uses) => uses.Count <= MaxNamed ? string.Join(", ", uses)
        : $"{string.Join(", ", uses.Take(MaxNamed))} and {uses.Count - MaxNamed} others";
}
