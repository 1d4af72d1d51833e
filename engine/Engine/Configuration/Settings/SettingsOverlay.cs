using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>
/// The changes of the settings API: a JSON object that lies over the file's tree. Maps are merged; lists and values take the place of the file's; null takes a key
/// out, so that its default applies. An object over a list of stores, campaigns or variants changes its elements by name. Immutable.
/// </summary>
public sealed class SettingsOverlay
{
    /// <summary>Maximum size, in bytes of UTF-8.</summary>
    public const int MaxSize = 128 * 1024;

    static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    SettingsOverlay(string json, string campaigns = "{}") => (Json, Campaigns) = (json, campaigns);

    /// <summary>No changes.</summary>
    public static SettingsOverlay Empty { get; } = new("{}");

    /// <summary>The changes as JSON, without spaces.</summary>
    public string Json { get; }

    /// <summary>The campaigns of the API, which are added to those of the file: a JSON object with a campaign by each name. They are no part of the changes.</summary>
    public string Campaigns { get; }

    /// <summary>Whether there are neither changes nor campaigns.</summary>
    public bool IsEmpty => Json == "{}" && Campaigns == "{}";

    /// <summary>Returns the changes with campaigns.</summary>
    /// <param name="campaigns">A JSON object with a campaign by each name.</param>
    public SettingsOverlay WithCampaigns(string campaigns) => new(Json, campaigns);

    /// <summary>Parses a value of a request: at most 32 levels deep, no key twice.</summary>
    /// <exception cref="JsonException">It is not such JSON.</exception>
    public static JsonNode? ParseValue(string json)
    {
        // An element reads it at once; a node would find a duplicate only when it is used.
        using var document = JsonDocument.Parse(json, s_strict);
        return JsonNode.Parse(document.RootElement.GetRawText());
    }

    /// <summary>Parses changes.</summary>
    /// <exception cref="JsonException">They are not a JSON object.</exception>
    public static SettingsOverlay Parse(string json) => ParseValue(json) is JsonObject changes ? Of(changes) : throw new JsonException("The settings must be a JSON object.");

    /// <summary>Returns the changes as a new node.</summary>
    public JsonObject ToNode() => JsonNode.Parse(Json)!.AsObject();

    /// <summary>Sets a key: the value takes the place of what the API had changed there.</summary>
    /// <param name="names">The key's path; empty for all changes.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="SettingsException">The path leads through a value, or the changes are too large.</exception>
    public SettingsOverlay With(IReadOnlyList<string> names, JsonNode? value) => Change(names, _ => value?.DeepClone(), removes: false);

    /// <summary>Merges changes into a key as RFC 7396 says. What is null there takes the key out of the settings in force.</summary>
    /// <inheritdoc cref="With"/>
    public SettingsOverlay Merged(IReadOnlyList<string> names, JsonNode? value) => Change(names, former => Merge(former, value), removes: false);

    /// <summary>Takes back what the API changed in a key, so that the file's value counts again.</summary>
    /// <inheritdoc cref="With"/>
    public SettingsOverlay Without(IReadOnlyList<string> names) => names.Count == 0 ? Empty : Change(names, _ => null, removes: true);

    /// <summary>Lays the changes over the tree of a file, which stays as it is.</summary>
    internal YamlItem ApplyTo(YamlItem root) => SettingsMerge.Run(root, ToNode());

    /// <summary>Adds the campaigns to a tree.</summary>
    internal YamlItem AddTo(YamlItem root) => Campaigns == "{}" ? root
        : SettingsMerge.Run(root, new JsonObject { ["decisions"] = new JsonObject { ["campaigns"] = JsonNode.Parse(Campaigns) } });

    static SettingsOverlay Of(JsonObject changes)
    {
        var json = changes.ToJsonString(s_plain);
        return Encoding.UTF8.GetByteCount(json) <= MaxSize ? new SettingsOverlay(json)
            : throw new SettingsException(SettingsException.TooLarge, $"The changes are larger than {MaxSize / 1024} KB. Put the larger part into the file: GET /v1/config/export.");
    }

    SettingsOverlay Change(IReadOnlyList<string> names, Func<JsonNode?, JsonNode?> change, bool removes)
    {
        var root = ToNode();
        if (names.Count == 0)
        {
            return Of(change(root) as JsonObject ?? throw new SettingsException(SettingsException.Invalid, "The settings must be a JSON object."));
        }

        var (parents, at, path) = (new Stack<(JsonObject Map, string Name)>(), (JsonNode)root, "");
        foreach (var name in names.SkipLast(1))
        {
            if (at is JsonObject map)
            {
                parents.Push((map, name));
            }

            at = Step(at, name, path, removes) ?? throw NotASection(SettingsPath.Join(path, name));
            path = SettingsPath.Join(path, name);
        }

        switch (at)
        {
            case JsonObject map when removes:
                map.Remove(names[^1]);
                break;
            case JsonObject map:
                map[names[^1]] = change(map[names[^1]]);
                break;
            case JsonArray list when SettingsPath.NameKeyOf(path) is { } key && IndexOf(list, key, names[^1]) is var index and >= 0:
                if (removes || change(list[index]) is not { } element)
                {
                    list.RemoveAt(index);
                }
                else
                {
                    list[index] = element;
                }

                break;
            default:
                throw NotASection(path);
        }

        // A section without a change is none.
        while (removes && parents.TryPop(out var parent) && parent.Map[parent.Name] is JsonObject { Count: 0 })
        {
            parent.Map.Remove(parent.Name);
        }

        return Of(root);
    }

    static SettingsException NotASection(string path) =>
        new(SettingsException.Invalid, $"{path}: the API has set a value, not a section. Set or delete {path} as a whole.");

    static JsonNode? Step(JsonNode at, string name, string path, bool removes) => at switch
    {
        JsonObject map when map[name] is { } next => next,
        JsonObject map when !removes => map[name] = new JsonObject(),
        JsonObject => new JsonObject(),
        JsonArray list when SettingsPath.NameKeyOf(path) is { } key => list.FirstOrDefault(element => SettingsPath.IsNamed(element, key, name)),
        _ => null,
    };

    static int IndexOf(JsonArray list, string key, string name) =>
        list.Index().Where(element => SettingsPath.IsNamed(element.Item, key, name)).Select(element => element.Index).DefaultIfEmpty(-1).First();

    static JsonNode? Merge(JsonNode? former, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var merged = (former as JsonObject)?.DeepClone().AsObject() ?? [];
        foreach (var (name, value) in changes)
        {
            merged[name] = Merge(merged[name], value);
        }

        return merged;
    }
}
