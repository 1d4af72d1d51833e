using System.Text.Json.Nodes;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>The path of a key, written <c>limits.batch</c>. Elements of lists of stores, campaigns and variants go by their names: <c>stores.shop.timezone</c>.</summary>
public static class SettingsPath
{
    /// <summary>Maximum length of a path, in characters.</summary>
    public const int MaxLength = 512;

    /// <summary>Splits a path into the names of its keys.</summary>
    /// <returns><see langword="null"/> if a name is empty, or the path is too long.</returns>
    public static string[]? Split(string path) =>
        path.Length is > 0 and <= MaxLength && path.Split('.') is var names && names.All(name => name.Length > 0) ? names : null;

    /// <summary>Joins the path of a section and a name.</summary>
    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>Finds a value by its path; <see langword="null"/> if it is absent or null.</summary>
    public static JsonNode? Find(JsonNode? root, IReadOnlyList<string> names)
    {
        var path = "";
        foreach (var name in names)
        {
            root = root switch
            {
                JsonObject map => map[name],
                JsonArray list when NameKeyOf(path) is { } key => list.FirstOrDefault(element => IsNamed(element, key, name)),
                _ => null,
            };
            path = Join(path, name);
        }

        return root;
    }

    /// <summary>Returns the key that names the elements of a list; <see langword="null"/> for a list without names.</summary>
    internal static string? NameKeyOf(string path) => path == "stores" ? "id" : path[(path.LastIndexOf('.') + 1)..] is "campaigns" or "variants" ? "name" : null;

    /// <summary>Returns whether an element of a list has a name.</summary>
    internal static bool IsNamed(JsonNode? element, string key, string name) =>
        element is JsonObject map && map[key] is JsonValue value && value.TryGetValue(out string? text) && text == name;

    /// <summary>Returns whether a path is another one or in it.</summary>
    internal static bool IsIn(string path, string section) =>
        path == section || (path.StartsWith(section, StringComparison.Ordinal) && path[section.Length] == '.');
}
