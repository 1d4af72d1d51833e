using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>Finds references to segments.</summary>
static class SegmentUses
{
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

    /// <summary>Describes the flags and running experiments that name a segment.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="key">The segment.</param>
    public static async Task<IEnumerable<string>> OfFlagsAsync(ControlSession session, string store, string key)
    {
        var flags = await FlagStore.ReadAsync(session, SqlPart.Of($"store = {store}"));
        var experiments = await ExperimentStore.ReadAsync(session, SqlPart.Of($"store = {store}"));
        return flags.Where(flag => flag.Rules.Any(rule => rule.Segment == key)).Select(flag => $"the feature flag '{flag.Key}'")
            .Concat(experiments.Where(experiment => experiment.EndedAt is null && experiment.Definition.Segment == key).Select(experiment => $"the experiment '{experiment.Key}'"));
    }

    /// <summary>Returns the segment that a campaign's definition names.</summary>
    public static IEnumerable<string> OfCampaign(JsonObject campaign) =>
        campaign["segment"] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? [value.GetValue<string>()] : [];
}
