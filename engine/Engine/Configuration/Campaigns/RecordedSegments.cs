using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>The segments of campaigns at the time a <see cref="ConfigurationRecord"/> was written. Immutable.</summary>
sealed class RecordedSegments : IDefinitions<SegmentDefinition>
{
    readonly Dictionary<(string Store, string Name), SegmentDefinition> _all = [];

    /// <summary>Writes the segments that campaigns use: a JSON object of stores, segments and conditions; <see langword="null"/> if they use none.</summary>
    /// <param name="decisions">The campaigns.</param>
    /// <param name="stores">The ids of the stores.</param>
    /// <param name="segments">The segments in force.</param>
    public static JsonObject? Write(DecisionsConfig decisions, IEnumerable<string> stores, IDefinitions<SegmentDefinition>? segments)
    {
        var record = new JsonObject();
        foreach (var store in stores)
        {
            var used = new JsonObject();
            foreach (var name in decisions.Campaigns.Where(campaign => campaign.Segment is not null && campaign.AppliesTo(store)).Select(campaign => campaign.Segment!).Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal))
            {
                if (segments?.Find(store, name)?.Conditions is { } conditions)
                {
                    used[name] = JsonSerializer.SerializeToNode(conditions.ToList(), SegmentJson.Default.ListTargetingCondition);
                }
            }

            if (used.Count > 0)
            {
                record[store] = used;
            }
        }

        return record.Count == 0 ? null : record;
    }

    /// <summary>Parses the object that <see cref="Write"/> returns.</summary>
    /// <exception cref="JsonException">Another version wrote it.</exception>
    public static RecordedSegments Read(JsonNode? record)
    {
        var read = new RecordedSegments();
        foreach (var (store, used) in record as JsonObject ?? [])
        {
            foreach (var (name, conditions) in used as JsonObject ?? [])
            {
                read._all[(store, name)] = new SegmentDefinition(conditions?.Deserialize(SegmentJson.Default.ListTargetingCondition) ?? []);
            }
        }

        return read;
    }

    /// <inheritdoc/>
    public SegmentDefinition? Find(string store, string name) => _all.GetValueOrDefault((store, name));
}
