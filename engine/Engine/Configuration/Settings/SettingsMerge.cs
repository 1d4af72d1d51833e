using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>Lays JSON over a tree of YAML. Nodes of the file are shared, never changed: an alias may use them elsewhere.</summary>
static class SettingsMerge
{
    /// <summary>Returns the tree with the changes.</summary>
    public static YamlItem Run(YamlItem root, JsonObject changes) => Merge(root, changes, "");

    static YamlItem Merge(YamlItem? under, JsonNode over, string path) => over switch
    {
        JsonObject changes when SettingsPath.NameKeyOf(path) is { } key && under is null or YamlList => MergeNamed(under as YamlList, changes, path, SettingsPath.NameKeyOf(path)!),
        JsonObject changes => MergeMap(under as YamlMap, changes, path),
        JsonArray list => ListOf(list, path),
        _ => TextOf(over, path),
    };

    static YamlMap MergeMap(YamlMap? under, JsonObject changes, string path)
    {
        var map = new YamlMap(under?.At ?? At(path));
        foreach (var (name, entry) in under is not null && !(IsSource(changes) && SecretSource.Is(under)) ? under.Entries : [])
        {
            map.Entries.Add(name, entry);
        }

        foreach (var (name, value) in changes)
        {
            var at = SettingsPath.Join(path, name);
            if (value is null)
            {
                map.Entries.Remove(name);
            }
            else
            {
                map.Entries[name] = (At(at), Merge(map.Entries.TryGetValue(name, out var former) ? former.Value : null, value, at));
            }
        }

        return map;
    }

    static YamlList MergeNamed(YamlList? under, JsonObject changes, string path, string key)
    {
        var list = new YamlList(under?.At ?? At(path));
        list.Items.AddRange(under?.Items ?? []);
        foreach (var (name, value) in changes)
        {
            var (at, index) = (SettingsPath.Join(path, name), list.Items.FindIndex(item => item is YamlMap map && map.Entries.GetValueOrDefault(key).Value is YamlText text && text.Value == name));
            if (value is null)
            {
                if (index >= 0)
                {
                    list.Items.RemoveAt(index);
                }

                continue;
            }

            var merged = Merge(index < 0 ? null : list.Items[index], value, at);
            if (index >= 0)
            {
                list.Items[index] = merged;
                continue;
            }

            if (merged is YamlMap added)
            {
                added.Entries.TryAdd(key, (At(at), new YamlText(At(at), name, Plain: false)));
            }

            list.Items.Add(merged);
        }

        return list;
    }

    static YamlItem ItemOf(JsonNode? node, string path) => node switch
    {
        JsonObject map => MergeMap(under: null, map, path),
        JsonArray list => ListOf(list, path),
        null => new YamlText(At(path), "null", Plain: true),
        _ => TextOf(node, path),
    };

    static YamlList ListOf(JsonArray list, string path)
    {
        var yaml = new YamlList(At(path));
        yaml.Items.AddRange(list.Select((element, i) => ItemOf(element, $"{path}[{i}]")));
        return yaml;
    }

    // Of a JSON text, "null" and "12" are texts.
    static YamlText TextOf(JsonNode value, string path) =>
        value.GetValueKind() == JsonValueKind.String ? new YamlText(At(path), value.GetValue<string>(), Plain: false) : new YamlText(At(path), value.ToJsonString(), Plain: true);

    static SourceLocation At(string path) => new(1, 1) { Setting = path };

    // A sink may be named like a kind of source.
    static bool IsSource(JsonObject changes) =>
        changes.Count == 1 && changes.Single() is { Key: SecretSource.File or SecretSource.Command or SecretSource.Vault, Value: JsonValue or JsonArray };
}
