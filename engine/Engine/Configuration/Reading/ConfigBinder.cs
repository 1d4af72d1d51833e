using System.Collections;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>
/// Binds the tree of a file to the configuration's types and reports all mismatches. Invalid values keep their defaults, so that binding
/// continues.
/// </summary>
sealed class ConfigBinder(ConfigCatalog catalog, ConfigProblems problems, Func<string, string?> environment, SecretSource secrets)
{
    /// <summary>The beginning of keys at the root that hold what the rest of the file refers to: <c>x-mail: &amp;mail { … }</c>.</summary>
    public const string TemplatePrefix = "x-";

    // Of the elements of a map whose values are secrets.
    static readonly ConfigKeyAttribute s_secret = new("") { IsSecret = true };

    // True within a key that holds secrets, where a text in the wrong place may be one.
    bool _hidesTexts;

    /// <summary>Locations of the bound objects in the file.</summary>
    public ConfigLocations Locations { get; } = new();

    /// <summary>Binds the root; <see langword="null"/> if the file is not a map.</summary>
    public CartRecoveryConfig? Bind(YamlItem root) => (CartRecoveryConfig?)Bind(root, ConfigJson.Root, key: null, "");

    /// <summary>Binds Vault's section before the others, whose secrets it holds. Its problems are reported when its turn comes.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    public static VaultConfig? VaultIn(YamlItem root, ConfigCatalog catalog, Func<string, string?> environment, SecretSource source) =>
        root is YamlMap map && map.Entries.GetValueOrDefault("secrets").Value is YamlMap section && section.Entries.GetValueOrDefault("vault").Value is { } vault
            ? (VaultConfig?)new ConfigBinder(catalog, new ConfigProblems(""), environment, source).Bind(vault, ConfigJson.Default.VaultConfig, key: null, "secrets.vault") : null;

    /// <summary>Binds the section that says what the settings API may change. Its problems are reported when its turn comes.</summary>
    public static SettingsConfig SettingsIn(YamlMap root, ConfigCatalog catalog, Func<string, string?> environment)
    {
        using var secrets = new SecretSource("", environment, new ConfigProblems(""));
        return root.Entries.GetValueOrDefault("settings").Value is { } section
            ? (SettingsConfig?)new ConfigBinder(catalog, new ConfigProblems(""), environment, secrets).Bind(section, ConfigJson.Default.SettingsConfig, key: null, "settings") ?? new() : new();
    }

    /// <summary>Returns the attribute that makes a property a key.</summary>
    public static ConfigKeyAttribute? KeyOf(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(ConfigKeyAttribute), inherit: false) is [ConfigKeyAttribute key, ..]
            ? key
            : null;

    object? Bind(YamlItem item, JsonTypeInfo type, ConfigKeyAttribute? key, string path) => type.Kind switch
    {
        JsonTypeInfoKind.Object => BindSection(item, type, path),
        JsonTypeInfoKind.Enumerable => BindList(item, type, key, path),
        JsonTypeInfoKind.Dictionary => BindMap(item, type, key, path),
        _ => BindScalar(item, IScalarFormat.Of(type), key, path),
    };

    object? BindSection(YamlItem item, JsonTypeInfo type, string path)
    {
        if (!TryOpen(item, path, "a section of keys", out YamlMap map))
        {
            return null;
        }

        var section = type.CreateObject!();
        Locations.Set(section, map);
        var keys = ConfigJson.KeysOf(type);
        var guessed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, (at, value)) in map.Entries)
        {
            if (keys.FirstOrDefault(key => key.Name == name) is { } property)
            {
                BindProperty(section, property, value, Join(path, name));
            }
            else if (section is SinkConfig sink)
            {
                BindOption(sink, catalog.FindSink((map.Entries.GetValueOrDefault("type").Value as YamlText)?.Value ?? "")?.Options, name, value, Join(path, name));
            }
            else if (path.Length > 0 || !name.StartsWith(TemplatePrefix, StringComparison.Ordinal))
            {
                var known = keys.Select(key => key.Name).ToList();
                problems.Add(at, $"unknown key '{name}'{In(path)}{Suggestion.Hint(name, known)}");
                guessed.Add(Suggestion.Find(name, known) ?? "");
            }
        }
        foreach (var property in keys)
        {
            // A probably misspelt key has already been reported.
            if (property.IsRequired && !map.Entries.ContainsKey(property.Name) && !guessed.Contains(property.Name))
            {
                problems.Add(map.At, $"missing key '{property.Name}'{In(path)}: {Explain(property)}");
            }
        }
        return section;
    }

    void BindProperty(object section, JsonPropertyInfo property, YamlItem value, string path)
    {
        var hidesTexts = _hidesTexts;
        _hidesTexts |= KeyOf(property) is { IsSecret: true };
        BindVisible(section, property, value, path);
        _hidesTexts = hidesTexts;
    }

    void BindVisible(object section, JsonPropertyInfo property, YamlItem value, string path)
    {
        var type = property.Options.GetTypeInfo(property.PropertyType);
        if (type.Kind == JsonTypeInfoKind.None && value is YamlText text)
        {
            if (EnvironmentText.Expand(text, environment, problems) is not { } expanded)
            {
                Locations.SetFailed(section, property.Name);
                return;
            }
            if (text.Plain && YamlText.IsNull(expanded))
            {
                if (!property.IsSetNullable)
                {
                    problems.Add(text.At, $"{path} has no value: {Explain(property)}");
                }

                Locations.SetFailed(section, property.Name);
                return;
            }
        }
        if (Bind(value, type, KeyOf(property), path) is { } bound)
        {
            property.Set!(section, bound);
        }
        else
        {
            Locations.SetFailed(section, property.Name);
        }
    }

    IList? BindList(YamlItem item, JsonTypeInfo type, ConfigKeyAttribute? key, string path)
    {
        if (!TryOpen(item, path, "a list", out YamlList yaml))
        {
            return null;
        }

        var list = (IList)type.CreateObject!();
        var elementType = type.Options.GetTypeInfo(type.ElementType!);
        for (var i = 0; i < yaml.Items.Count; i++)
        {
            if (Bind(yaml.Items[i], elementType, key: null, $"{path}[{i}]") is { } element)
            {
                list.Add(element);
            }
        }
        CheckCount(yaml.Items.Count, item, key, path);
        return list;
    }

    IDictionary? BindMap(YamlItem item, JsonTypeInfo type, ConfigKeyAttribute? key, string path)
    {
        if (!TryOpen(item, path, "a map from names to sections", out YamlMap yaml))
        {
            return null;
        }

        var map = (IDictionary)type.CreateObject!();
        var elementType = type.Options.GetTypeInfo(type.ElementType!);
        Locations.Set(map, yaml);
        foreach (var (name, (_, value)) in yaml.Entries)
        {
            if (Bind(value, elementType, key is { IsSecret: true } ? s_secret : null, Join(path, name)) is { } element)
            {
                map.Add(name, element);
            }
        }
        CheckCount(yaml.Entries.Count, item, key, path);
        return map;
    }

    void BindOption(SinkConfig sink, IReadOnlyList<SinkOption>? options, string name, YamlItem value, string path)
    {
        var type = options?.FirstOrDefault(option => option.Name == name)?.Type;
        if (value is YamlText { Plain: true } text && EnvironmentText.Expand(text, environment, new ConfigProblems("")) is { } plain && YamlText.IsNull(plain))
        {
            return;
        }

        if (OptionBinder.Read(value, path, environment, problems, type is { IsSecret: true } ? secrets : null, isMap: type is HeadersOption) is { } read)
        {
            sink.SetOption(name, read);
        }
        else
        {
            Locations.SetFailed(sink, name);
        }
    }

    object? BindScalar(YamlItem item, IScalarFormat format, ConfigKeyAttribute? key, string path)
    {
        if (key is { IsSecret: true } && SecretSource.Is(item))
        {
            return secrets.Read(item, path);
        }

        if (item is not YamlText text)
        {
            problems.Add(item.At, $"{path} must be {format.Expected}, not {KindOf(item)}");
            return null;
        }
        if (key is { IsSecret: true })
        {
            secrets.Note(text, path);
        }

        if (EnvironmentText.Expand(text, environment, problems) is not { } expanded)
        {
            return null;
        }
        // Messages quote the file's text, so a variable's value is not revealed.
        if (format.Parse(expanded) is not { } value)
        {
            var hint = format.Choices is { } choices && Suggestion.Find(expanded, choices) is { } near ? $", did you mean '{near}'?" : "";
            problems.Add(text.At, $"{path} must be {format.Expected}, not '{text.Value}'{hint}");
            return null;
        }
        if (key is null)
        {
            return value;
        }

        if (catalog.NamesOf(key.In) is { } names && !names.Contains(expanded, StringComparer.Ordinal))
        {
            problems.Add(text.At, $"unknown {NounOf(key.In)} '{text.Value}' in {path}{Suggestion.Hint(expanded, names)}");
            return null;
        }
        return InRange(value, format, key, text, path) ? value : null;
    }

    bool InRange(object value, IScalarFormat format, ConfigKeyAttribute key, YamlText text, string path)
    {
        var message =
            key.Min is { } min && Compare(min) < 0 ? $"at least {min}"
            : key.Above is { } above && Compare(above) <= 0 ? $"above {above}"
            : key.Max is { } max && Compare(max) > 0 ? $"at most {max}"
            : null;
        if (message is not null)
        {
            problems.Add(text.At, $"{path} must be {message}, not {text.Value}");
        }

        return message is null;

        int Compare(string bound) => ((IComparable)value).CompareTo(format.Parse(bound));
    }

    void CheckCount(int count, YamlItem item, ConfigKeyAttribute? key, string path)
    {
        if (key?.Min is { } min && count < int.Parse(min))
        {
            problems.Add(item.At, $"{path} must have at least {min} {(min == "1" ? "entry" : "entries")}.{Example(key, path[(path.LastIndexOf('.') + 1)..])}");
        }

        if (key?.Max is { } max && count > int.Parse(max))
        {
            problems.Add(item.At, $"{path} must have at most {max} entries, not {count}");
        }
    }

    /// <summary>Reads the item as a list or map. A key without a value is an empty one.</summary>
    bool TryOpen<T>(YamlItem item, string path, string expected, out T opened)
        where T : YamlItem
    {
        opened = (item as T)!;
        if (opened is null && item is YamlText { Plain: true } text && YamlText.IsNull(text.Value))
        {
            opened = (T)(YamlItem)(typeof(T) == typeof(YamlMap) ? new YamlMap(item.At) : new YamlList(item.At));
        }

        if (opened is null)
        {
            problems.Add(item.At, $"{(path.Length == 0 ? "the configuration" : path)} must be {expected}, not {KindOf(item)}");
        }

        return opened is not null;
    }

    static string Explain(JsonPropertyInfo property) =>
        KeyOf(property) is { } key ? key.Description + Example(key, property.Name) : "";

    static string Example(ConfigKeyAttribute key, string name) => key.Example is { } example ? $" For example: {name}: {example}" : "";

    static string In(string path) => path.Length == 0 ? "" : $" in {path}";

    static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    string KindOf(YamlItem item) => item switch
    {
        YamlMap => "a section of keys",
        YamlList => "a list",
        YamlText when _hidesTexts => "a text",
        YamlText text => $"'{text.Value}'",
        _ => "",
    };

    static string NounOf(ConfigNames names) => names switch
    {
        ConfigNames.EventTypes => "event type",
        ConfigNames.Features => "feature",
        _ => "sink type",
    };
}
