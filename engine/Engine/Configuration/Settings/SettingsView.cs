using System.Collections;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>
/// Shows a configuration as JSON, with defaults and without secrets: those are <see cref="Masked"/>, and a value that names environment variables is shown as it is
/// written.
/// </summary>
public static partial class SettingsView
{
    /// <summary>What stands for a secret.</summary>
    public const string Masked = "***";

    /// <summary>Returns a configuration for people to see.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="catalog">The sinks' options, some of which are secrets.</param>
    /// <param name="isWritten">Whether to leave out what neither the file nor the settings say, such as defaults.</param>
    public static JsonObject Of(CartRecoveryConfig config, ConfigCatalog catalog, bool isWritten = false) =>
        Section(ConfigJson.Root, config, new Source(config.Origin.Locations, catalog, isWritten));

    static JsonObject Section(JsonTypeInfo type, object section, Source source)
    {
        var shown = new JsonObject();
        foreach (var property in ConfigJson.KeysOf(type).Where(property => !source.IsWritten || source.At.Has(section, property.Name)))
        {
            shown[property.Name] = property.Get!(section) is not { } value ? null
                : Of(property.Options.GetTypeInfo(property.PropertyType), value, source.At.ItemOf(section, property.Name), ConfigBinder.KeyOf(property) is { IsSecret: true }, source);
        }

        if (section is SinkConfig sink)
        {
            var options = source.Catalog.FindSink(sink.Type)?.Options;
            foreach (var (name, value) in sink.Options)
            {
                shown[name] = Option(value, source.At.ItemOf(sink, name), options?.FirstOrDefault(option => option.Name == name)?.Type is not { IsSecret: false });
            }
        }

        return shown;
    }

    static JsonNode Of(JsonTypeInfo type, object value, YamlItem? item, bool isSecret, Source source)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                return Section(type, value, source);
            case JsonTypeInfoKind.Enumerable:
                var elements = type.Options.GetTypeInfo(type.ElementType!);
                return new JsonArray([.. ((IEnumerable)value).Cast<object>().Select((element, i) =>
                    Of(elements, element, (item as YamlList)?.Items.ElementAtOrDefault(i), isSecret, source))]);
            case JsonTypeInfoKind.Dictionary:
                var (map, values) = (new JsonObject(), type.Options.GetTypeInfo(type.ElementType!));
                foreach (DictionaryEntry entry in (IDictionary)value)
                {
                    map[(string)entry.Key] = Of(values, entry.Value!, source.At.ItemOf(value, (string)entry.Key), isSecret, source);
                }

                return map;
            default:
                return isSecret ? Masked : Written(item) ?? WithoutPasswords(IScalarFormat.Of(type).Show(value));
        }
    }

    static JsonNode Option(OptionValue value, YamlItem? item, bool isSecret) => value switch
    {
        { List: { } list } => new JsonArray([.. list.Select((text, i) => isSecret ? Masked : Written((item as YamlList)?.Items.ElementAtOrDefault(i)) ?? WithoutPasswords(text))]),
        { Map: { } map } => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key,
            (JsonNode?)(isSecret ? Masked : Written((item as YamlMap)?.Entries.GetValueOrDefault(entry.Key).Value) ?? WithoutPasswords(entry.Value))))),
        _ => isSecret ? Masked : Written(item) ?? WithoutPasswords(value.Text!),
    };

    static JsonNode? Written(YamlItem? item) => item is YamlText text && EnvironmentText.NamesIn(text.Value).Count > 0 ? text.Value : null;

    static JsonNode WithoutPasswords(JsonNode shown) =>
        shown is JsonValue value && value.TryGetValue(out string? text) && text.Contains("://", StringComparison.Ordinal) ? UserInfo().Replace(text, $"://{Masked}@") : shown;

    sealed record Source(ConfigLocations At, ConfigCatalog Catalog, bool IsWritten);

    [GeneratedRegex("://[^/@\\s]*@", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserInfo();
}
