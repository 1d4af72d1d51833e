using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>Finds references to templates in campaigns of the API.</summary>
static class TemplateUses
{
    // Maximum number of references in an error.
    const int MaxNamed = 5;

    /// <summary>Throws if a campaign uses a template. Drafts count, archived campaigns do not.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The template.</param>
    /// <param name="campaigns">The campaigns in force that name it.</param>
    /// <exception cref="ControlRefusalException">A campaign uses it.</exception>
    public static async Task EnsureUnusedAsync(ControlSession session, string store, string name, IReadOnlyList<string> campaigns)
    {
        var uses = await FindAsync(session, SqlPart.Of($"(v.number = c.version OR v.number = c.active_version) AND c.state <> {ManagedCampaign.Archived}"), store, name, campaigns);
        if (uses.Length > 0)
        {
            throw new ControlRefusalException(ControlRefusalException.TemplateInUse, $"The template is used by {Describe(uses)}. Change or delete that first.");
        }
    }

    /// <summary>Throws if a campaign that is approved or in force names a template.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The template.</param>
    /// <param name="campaigns">The campaigns in force that name it.</param>
    /// <exception cref="ControlRefusalException">There is such a campaign.</exception>
    public static async Task EnsureNotApprovedAsync(ControlSession session, string store, string name, IReadOnlyList<string> campaigns)
    {
        var uses = await FindAsync(session, SqlPart.Of($"(v.number = c.active_version OR (v.number = c.version AND c.state = {ManagedCampaign.Approved}))"), store, name, campaigns);
        if (uses.Length > 0)
        {
            throw new ControlRefusalException(ControlRefusalException.ApprovalRequired,
                $"The template is used by {Describe(uses)}, whose changes another user must approve (settings.approval). Create another template, and a version of the campaign that names it.");
        }
    }

    /// <summary>Returns the templates that a campaign's definition names.</summary>
    /// <param name="definition">A JSON object.</param>
    public static HashSet<string> NamesIn(string definition)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (JsonNode.Parse(definition) is JsonObject campaign)
        {
            Add(campaign, names);
            AddAll(campaign["steps"], names);
            foreach (var variant in campaign["variants"] as JsonArray ?? [])
            {
                AddAll((variant as JsonObject)?["steps"], names);
            }
        }

        return names;
    }

    static void AddAll(JsonNode? steps, HashSet<string> names)
    {
        foreach (var step in steps as JsonArray ?? [])
        {
            Add(step as JsonObject, names);
        }
    }

    static void Add(JsonObject? section, HashSet<string> names)
    {
        if (section?["template"] is JsonValue value && value.GetValueKind() == JsonValueKind.String)
        {
            names.Add(value.GetValue<string>());
        }
    }

    static async Task<string[]> FindAsync(ControlSession session, SqlPart versions, string store, string name, IReadOnlyList<string> campaigns)
    {
        var managed = await session.ListAsync(
            $"""
            SELECT c.name, v.definition, v.stores FROM campaigns c JOIN campaign_versions v ON v.name = c.name WHERE {versions}
            ORDER BY c.name LIMIT {2 * CampaignStore.MaxCampaigns}
            """, row => (Name: row.Text(0), Definition: row.Text(1), Stores: row.Text(2).Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        return [.. campaigns.Concat(managed.Where(one => (one.Stores.Length == 0 || one.Stores.Contains(store)) && NamesIn(one.Definition).Contains(name)).Select(one => one.Name))
            .Distinct(StringComparer.Ordinal)];
    }

    static string Describe(string[] campaigns)
    {
        var named = string.Join(", ", campaigns.Take(MaxNamed).Select(campaign => $"the campaign '{campaign}'"));
        return campaigns.Length <= MaxNamed ? named : $"{named} and {campaigns.Length - MaxNamed} others";
    }
}
