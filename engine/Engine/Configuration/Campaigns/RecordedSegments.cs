using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>The segments of campaigns at the time a <see cref="ConfigurationRecord"/> was written. Immutable.</summary>
sealed class RecordedSegments : IFlagSegments
{
    readonly Dictionary<(string Store, string Name), IReadOnlyList<FlagCondition>> _all = [];

    /// <summary>Writes the segments that campaigns use: a JSON object of stores, segments and conditions; <see langword="null"/> if they use none.</summary>
    /// <param name="decisions">The campaigns.</param>
    /// <param name="stores">The ids of the stores.</param>
    /// <param name="segments">The segments in force.</param>
    public static JsonObject? Write(DecisionsConfig decisions, IEnumerable<string> stores, IFlagSegments? segments)
    {
        var record = new JsonObject();
        foreach (var store in stores)
        {
            var used = new JsonObject();
            foreach (var name in decisions.Campaigns.Where(campaign => campaign.Segment is not null && campaign.AppliesTo(store)).Select(campaign => campaign.Segment!).Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal))
            {
                if (segments?.Find(store, name) is { } conditions)
                {
                    used[name] = JsonSerializer.SerializeToNode(conditions.ToList(), SegmentJson.Default.ListFlagCondition);
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
                read._all[(store, name)] = conditions?.Deserialize(SegmentJson.Default.ListFlagCondition) ?? [];
            }
        }

        return read;
    }

    /// <inheritdoc/>
    public IReadOnlyList<FlagCondition>? Find(string store, string name) => _all.GetValueOrDefault((store, name));
}
