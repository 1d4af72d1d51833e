using System.Text.Json.Nodes;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>A difference between two states of the settings.</summary>
/// <param name="Path">The key's path.</param>
/// <param name="From">The former value; <see langword="null"/> for none.</param>
/// <param name="To">The new value; <see langword="null"/> for none.</param>
public sealed record SettingsChange(string Path, JsonNode? From, JsonNode? To)
{
    /// <summary>Maximum number of differences that are listed.</summary>
    public const int MaxListed = 1000;

    /// <summary>Compares two trees key by key; elements of lists with names, by name.</summary>
    public static IReadOnlyList<SettingsChange> Between(JsonNode? from, JsonNode? to) => [.. Compare(from, to, "").Take(MaxListed)];

    /// <summary>Writes a list of differences as JSON.</summary>
    public static JsonArray ToJson(IEnumerable<SettingsChange> changes) => new([.. changes.Select(JsonNode? (change) =>
        new JsonObject { ["path"] = change.Path, ["from"] = change.From?.DeepClone(), ["to"] = change.To?.DeepClone() })]);

    static IEnumerable<SettingsChange> Compare(JsonNode? from, JsonNode? to, string path)
    {
        if (JsonNode.DeepEquals(from, to))
        {
            return [];
        }

        // A section that came or went is told by its keys.
        var (was, isNow) = (from is null && to is JsonObject ? [] : Members(from, path), to is null && from is JsonObject ? [] : Members(to, path));
        return was is null || isNow is null ? [new SettingsChange(path, from, to)]
            : was.Keys.Union(isNow.Keys, StringComparer.Ordinal).SelectMany(name => Compare(was.GetValueOrDefault(name), isNow.GetValueOrDefault(name), SettingsPath.Join(path, name)));
    }

    static Dictionary<string, JsonNode?>? Members(JsonNode? node, string path) => node switch
    {
        JsonObject map => map.ToDictionary(member => member.Key, member => member.Value, StringComparer.Ordinal),
        JsonArray list when SettingsPath.NameKeyOf(path) is { } key && list.Select(element => (element as JsonObject)?[key]?.ToString()).ToArray() is var names
            && !names.Contains(null) && names.Distinct().Count() == names.Length => list.Index().ToDictionary(element => names[element.Index]!, element => element.Item, StringComparer.Ordinal),
        _ => null,
    };
}
