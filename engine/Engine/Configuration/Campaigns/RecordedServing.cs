using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>Writes and reads the versions of models in a <see cref="ConfigurationRecord"/>.</summary>
static class RecordedServing
{
    const string Champion = "champion", Canary = "canary", Percent = "canaryPercent", Shadows = "shadows", Named = "models";

    /// <summary>Writes the versions.</summary>
    internal static JsonObject Write(ServingRecord serving)
    {
        var record = new JsonObject { [Champion] = serving.Champion };
        if (serving.Canary is { } canary)
        {
            (record[Canary], record[Percent]) = (canary, serving.CanaryPercent);
        }

        if (!serving.Shadows.IsEmpty)
        {
            record[Shadows] = new JsonObject(serving.Shadows.Select(shadow => KeyValuePair.Create<string, JsonNode?>(shadow.Key, shadow.Value)));
        }

        if (!serving.Named.IsEmpty)
        {
            record[Named] = new JsonObject(serving.Named.Select(model => KeyValuePair.Create<string, JsonNode?>(model.Key, model.Value)));
        }

        return record;
    }

    /// <summary>Reads the versions.</summary>
    /// <param name="node">What was written.</param>
    /// <returns><see langword="null"/> if an earlier version wrote the record.</returns>
    /// <exception cref="Exception"><see cref="JsonException"/>, <see cref="InvalidOperationException"/> or <see cref="FormatException"/>: it is
    /// something else.</exception>
    internal static ServingRecord? Read(JsonNode? node) => (string?)node?[Champion] is not { } champion ? null : new ServingRecord
    {
        Champion = champion,
        Canary = (string?)node[Canary],
        CanaryPercent = (double?)node[Percent] ?? 0,
        Shadows = Entries(node[Shadows]).ToImmutableSortedDictionary(entry => entry.Key, entry => (double)entry.Value!, StringComparer.Ordinal),
        Named = Entries(node[Named]).ToImmutableSortedDictionary(entry => entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal),
    };

    static IEnumerable<KeyValuePair<string, JsonNode?>> Entries(JsonNode? node) => (node as JsonObject)?.Where(entry => entry.Value is not null) ?? [];
}
