using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>A value of a configuration.</summary>
/// <param name="Path">The path of its key, such as <c>listen.http</c> or <c>sinks.mail</c>. A list is one value.</param>
/// <param name="Reloads">Whether a running engine takes over a change of it.</param>
/// <param name="Text">The value as canonical text. It may be a secret.</param>
public readonly record struct ConfigValue(string Path, bool Reloads, string Text);

/// <summary>Compares configurations key by key, and says which changes a running engine takes over.</summary>
public static class ConfigValues
{
    /// <summary>Returns all values of a configuration, in the order of the keys' declarations.</summary>
    public static IEnumerable<ConfigValue> Of(CartRecoveryConfig config) => Of(ConfigJson.Root, config, "", reloads: false);

    /// <summary>Returns the paths in which two lists of values differ: what a reload takes over, and what needs a restart.</summary>
    public static (IReadOnlyList<string> Reloads, IReadOnlyList<string> Restarts) Compare(IReadOnlyCollection<ConfigValue> before, IReadOnlyCollection<ConfigValue> after)
    {
        var (was, isNow) = (before.ToDictionary(value => value.Path, StringComparer.Ordinal), after.ToDictionary(value => value.Path, StringComparer.Ordinal));
        ConfigValue[] changed = [.. after.Concat(before).DistinctBy(value => value.Path)
            .Where(value => !was.TryGetValue(value.Path, out var old) || !isNow.TryGetValue(value.Path, out var next) || old.Text != next.Text)];

        // A section that came or went says it for its keys.
        var sections = changed.Select(value => value.Path + ".").ToArray();
        var topmost = changed.Where(value => !sections.Any(section => value.Path.StartsWith(section, StringComparison.Ordinal))).ToLookup(value => value.Reloads, value => value.Path);
        return ([.. topmost[true]], [.. topmost[false]]);
    }

    /// <summary>Returns whether a running engine takes over a change of a path that the configuration lacks, such as that of a removed sink.</summary>
    public static bool Reloads(string path)
    {
        var (type, reloads) = (ConfigJson.Root, false);
        foreach (var name in path.Split('.'))
        {
            if (reloads || ConfigJson.KeysOf(type).FirstOrDefault(key => key.Name == name) is not { } property)
            {
                break;
            }

            reloads = ConfigBinder.KeyOf(property) is { Reloads: true };
            type = property.Options.GetTypeInfo(property.PropertyType);
            if (type.Kind != JsonTypeInfoKind.Object)
            {
                break;
            }
        }

        return reloads;
    }

    /// <summary>Gives a new configuration the values of the one in force that only a restart changes.</summary>
    public static void KeepUntilRestart(CartRecoveryConfig inForce, CartRecoveryConfig next) => Keep(ConfigJson.Root, inForce, next);

    /// <summary>Returns a hash of a store's settings, apart from one key.</summary>
    internal static string HashOf(StoreConfig section, string except) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(
        NodeOf(ConfigJson.Default.StoreConfig, section, property => !string.Equals(property, except, StringComparison.OrdinalIgnoreCase)).ToJsonString())));

    static IEnumerable<ConfigValue> Of(JsonTypeInfo section, object value, string path, bool reloads)
    {
        foreach (var property in ConfigJson.KeysOf(section))
        {
            var (type, member) = (property.Options.GetTypeInfo(property.PropertyType), property.Get!(value));
            var (at, takes) = (path.Length == 0 ? property.Name : $"{path}.{property.Name}", reloads || ConfigBinder.KeyOf(property) is { Reloads: true });
            if (type.Kind == JsonTypeInfoKind.Object)
            {
                if (property.IsSetNullable)
                {
                    yield return new ConfigValue(at, takes, member is null ? "" : "set");
                }

                foreach (var inner in member is null ? [] : Of(type, member, at, takes))
                {
                    yield return inner;
                }
            }
            else if (type.Kind == JsonTypeInfoKind.Dictionary)
            {
                foreach (var (name, node) in NodeOf(type, member).AsObject())
                {
                    yield return new ConfigValue($"{at}.{name}", takes, node!.ToJsonString());
                }
            }
            else
            {
                yield return new ConfigValue(at, takes, member is null ? "" : NodeOf(type, member).ToJsonString());
            }
        }
    }

    static void Keep(JsonTypeInfo section, object inForce, object next)
    {
        foreach (var property in ConfigJson.KeysOf(section).Where(property => ConfigBinder.KeyOf(property) is not { Reloads: true }))
        {
            var (type, now, then) = (property.Options.GetTypeInfo(property.PropertyType), property.Get!(inForce), property.Get!(next));
            if (type.Kind == JsonTypeInfoKind.Object && now is not null && then is not null)
            {
                Keep(type, now, then);
            }
            else
            {
                property.Set!(next, now);
            }
        }
    }

    static JsonNode NodeOf(JsonTypeInfo type, object? value, Func<string, bool>? includes = null)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                var section = new JsonObject();
                foreach (var property in ConfigJson.KeysOf(type).Where(property => includes?.Invoke(property.Name) != false))
                {
                    section[property.Name] = property.Get!(value!) is { } member ? NodeOf(property.Options.GetTypeInfo(property.PropertyType), member) : null;
                }

                foreach (var (name, option) in (value as SinkConfig)?.Options ?? new Dictionary<string, OptionValue>())
                {
                    section[name] = NodeOf(option);
                }

                return section;
            case JsonTypeInfoKind.Enumerable:
                var elements = type.Options.GetTypeInfo(type.ElementType!);
                return new JsonArray([.. ((System.Collections.IEnumerable)value!).Cast<object>().Select(element => NodeOf(elements, element))]);
            case JsonTypeInfoKind.Dictionary:
                var map = new JsonObject();
                foreach (System.Collections.DictionaryEntry entry in (System.Collections.IDictionary)value!)
                {
                    map[(string)entry.Key] = NodeOf(type.Options.GetTypeInfo(type.ElementType!), entry.Value);
                }

                return map;
            default:
                return IScalarFormat.Of(type).Show(value!);
        }
    }

    static JsonNode NodeOf(OptionValue option) => option switch
    {
        { List: { } list } => new JsonArray([.. list.Select(text => (JsonNode)text)]),
        { Map: { } map } => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
        _ => option.Text!,
    };
}
