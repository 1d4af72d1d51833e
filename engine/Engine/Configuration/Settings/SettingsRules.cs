using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>
/// Decides what the settings API may change: keys that a reload applies, except those that are pinned to the file, and no secret but by a reference that the file
/// permits. Runs before anything is bound, because binding reads secrets.
/// </summary>
/// <param name="file">The file's tree.</param>
/// <param name="settings">The file's section.</param>
/// <param name="catalog">The sinks.</param>
/// <param name="problems">Receives problems.</param>
sealed class SettingsRules(YamlMap file, SettingsConfig settings, ConfigCatalog catalog, ConfigProblems problems)
{
    // Where the engine listens, whom it trusts, which files it reads and writes, and where secrets come from and go to: who may change settings must not give
    // themselves more. A section cannot be taken out as a whole either, because the keys in it that are listed here would go with it.
    static readonly string[] s_always =
    [
        "settings", "secrets", "control", "encryption", "listen", "backup", "archive", "reconciliation", "decisions.exchangeRatesSource",
        "decisions.exchangeRatesFile", "scoring.model", "scoring.models", "contact.secret", "telemetry.headers",
    ];

    static readonly string[] s_common = [.. ConfigJson.KeysOf(ConfigJson.Default.SinkConfig).Select(property => property.Name)];

    /// <summary>Checks changes.</summary>
    public void Check(SettingsOverlay overlay) => Section(overlay.ToNode(), ConfigJson.Root, "", reloads: false);

    /// <summary>Checks the campaigns of the API.</summary>
    /// <param name="campaigns">The campaigns by name.</param>
    /// <param name="tree">The file with the changes.</param>
    public void CheckCampaigns(JsonObject campaigns, YamlMap tree)
    {
        var list = (tree.Entries.GetValueOrDefault("decisions").Value as YamlMap)?.Entries.GetValueOrDefault("campaigns").Value as YamlList;
        var taken = list?.Items.OfType<YamlMap>().Select(campaign => (campaign.Entries.GetValueOrDefault("name").Value as YamlText)?.Value).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var name in campaigns.Select(campaign => campaign.Key).Where(taken.Contains))
        {
            Report($"decisions.campaigns.{name}", SettingsException.Invalid, $"the file has a campaign '{name}' too; rename that, or archive the API's");
        }

        if (campaigns.Count > 0 && !Pinned("decisions.campaigns", isWhole: false))
        {
            Named(campaigns, "decisions.campaigns");
        }
    }

    void Section(JsonObject changes, JsonTypeInfo type, string path, bool reloads)
    {
        var keys = ConfigJson.KeysOf(type);
        foreach (var (name, value) in changes)
        {
            var at = SettingsPath.Join(path, name);
            if (keys.FirstOrDefault(key => key.Name == name) is { } property)
            {
                Key(value, property, at, reloads);
            }
            else
            {
                // The binder reports unknown keys; what they hold must be harmless.
                Texts(value, at);
            }
        }
    }

    void Key(JsonNode? value, JsonPropertyInfo property, string at, bool reloads)
    {
        var (key, type) = (ConfigBinder.KeyOf(property), property.Options.GetTypeInfo(property.PropertyType));
        reloads |= key is { Reloads: true };
        if (Pinned(at, isWhole: value is not JsonObject))
        {
            return;
        }

        if (value is JsonObject changes && type.Kind == JsonTypeInfoKind.Object)
        {
            Section(changes, type, at, reloads);
        }
        else if (!reloads)
        {
            Report(at, SettingsException.NeedsRestart, $"only a restart changes {at}: set it in the file, and restart the engine");
        }
        else if (key is { IsSecret: true })
        {
            Report(at, SettingsException.Pinned, $"{at} holds secrets, which are set in the file alone");
        }
        else
        {
            switch (at)
            {
                case "stores":
                    Stores(value);
                    break;
                case "sinks":
                    Sinks(value);
                    break;
                default:
                    Named(value, at);
                    break;
            }
        }
    }

    void Named(JsonNode? value, string path)
    {
        if (value is JsonObject map)
        {
            foreach (var (name, inner) in map)
            {
                if (!Pinned(SettingsPath.Join(path, name), isWhole: inner is not JsonObject))
                {
                    Named(inner, SettingsPath.Join(path, name));
                }
            }
        }
        else
        {
            Texts(value, path);
        }
    }

    void Stores(JsonNode? value)
    {
        if (value is not JsonObject stores)
        {
            Report("stores", SettingsException.Pinned, "stores holds keys, which are set in the file alone; change a store by its id: stores.ID.timezone");
            return;
        }

        foreach (var (id, changes) in stores)
        {
            var at = $"stores.{id}";
            if (changes is not JsonObject keys || !Ids().Contains(id))
            {
                Report(at, SettingsException.Pinned, "stores are added and removed in the file alone, because they need keys");
                continue;
            }

            if (keys.ContainsKey("id"))
            {
                Report($"{at}.id", SettingsException.Pinned, "a store's id is set in the file alone");
            }
            else if (!Pinned(at, isWhole: false))
            {
                Section(keys, ConfigJson.Default.StoreConfig, at, reloads: true);
            }
        }
    }

    IEnumerable<string> Ids() => file.Entries.GetValueOrDefault("stores").Value is YamlList list
        ? list.Items.OfType<YamlMap>().Select(store => (store.Entries.GetValueOrDefault("id").Value as YamlText)?.Value).OfType<string>() : [];

    void Sinks(JsonNode? value)
    {
        if (value is not JsonObject sinks)
        {
            Report("sinks", SettingsException.Pinned, "change sinks by their names: sinks.NAME");
            return;
        }

        var inFile = (file.Entries.GetValueOrDefault("sinks").Value as YamlMap)?.Entries;
        foreach (var (name, changes) in sinks)
        {
            var at = $"sinks.{name}";
            if (Pinned(at, isWhole: changes is not JsonObject) || changes is not JsonObject keys)
            {
                continue;
            }

            if (inFile?.ContainsKey(name) == true)
            {
                SinkOfFile(keys, at);
            }
            else
            {
                Sink(keys, at);
            }
        }
    }

    // Else its secrets could be sent to another receiver.
    void SinkOfFile(JsonObject keys, string at)
    {
        foreach (var (key, value) in keys)
        {
            if (key == "type" || !s_common.Contains(key))
            {
                Report($"{at}.{key}", SettingsException.Pinned, $"the file sets up this sink, and alone changes where and as whom it delivers; the API may change {string.Join(", ", s_common[1..])}");
            }
            else if (!Pinned($"{at}.{key}", isWhole: true))
            {
                Texts(value, $"{at}.{key}");
            }
        }
    }

    void Sink(JsonObject keys, string at)
    {
        var type = keys["type"] is JsonValue text && text.TryGetValue(out string? name) ? name : "";
        var spec = catalog.FindSink(type);
        if (spec is { ActsOnMachine: true })
        {
            Report(at, SettingsException.Pinned, $"a sink of type {type} acts on the engine's machine, so that it is set up in the file alone");
        }

        foreach (var (key, value) in keys)
        {
            var option = spec?.Options.FirstOrDefault(option => option.Name == key);
            if (option?.Type is { IsSecret: true } && value is not null)
            {
                Secret(value, $"{at}.{key}", isMap: option.Type is HeadersOption);
            }
            else if (option is { IsFile: true } && value is JsonValue path && path.TryGetValue(out string? named))
            {
                Reference(named, $"{at}.{key}", isFile: true);
            }
            else
            {
                Texts(value, $"{at}.{key}");
            }
        }
    }

    void Secret(JsonNode value, string at, bool isMap)
    {
        if (isMap && value is JsonObject map)
        {
            foreach (var (name, inner) in map)
            {
                Secret(inner ?? "", $"{at}.{name}", isMap: false);
            }

            return;
        }

        if (value is JsonObject { Count: 1 } source && source.Single() is { Key: SecretSource.File or SecretSource.Vault, Value: JsonValue place } entry && place.TryGetValue(out string? named))
        {
            Reference(named, at, isFile: entry.Key == SecretSource.File);
            return;
        }

        var written = value is JsonValue text && text.TryGetValue(out string? found) ? found : "";
        var names = EnvironmentText.NamesIn(written);
        if (names.Count == 0)
        {
            Report(at, SettingsException.SecretNotAllowed, "a secret cannot be set over the API; name where it comes from: ${NAME}, {\"file\": PATH} or {\"vault\": \"PATH#FIELD\"}");
        }
        else if (written.Contains(":-", StringComparison.Ordinal))
        {
            Report(at, SettingsException.SecretNotAllowed, "a secret cannot have a default over the API; write ${NAME}");
        }
        else
        {
            foreach (var name in names)
            {
                Listed(name, at);
            }
        }
    }

    // What is matched must be what is read: no variable, and no path that leads elsewhere than it seems.
    void Reference(string named, string at, bool isFile)
    {
        if (named.Contains("${", StringComparison.Ordinal))
        {
            Report(at, SettingsException.SecretNotAllowed, "a path of the API cannot name environment variables; write it out");
        }
        else if (isFile ? !IsFullPath(named) : named.StartsWith('/') || named.Split('/', '#').Any(segment => segment is "" or "." or ".."))
        {
            Report(at, SettingsException.SecretNotAllowed, isFile ? "expected the absolute path of a file, without '.' and '..'" : "expected PATH#FIELD, such as shop/mail#password, without '.' and '..'");
        }
        else
        {
            Listed(named, at);
        }
    }

    void Listed(string name, string at)
    {
        if (!settings.References.Exists(allowed => Matches(name, allowed)))
        {
            Report(at, SettingsException.SecretNotAllowed, $"settings.references in the file does not list '{name}'");
        }
    }

    static bool IsFullPath(string path) => !path.Contains('\0', StringComparison.Ordinal) && Path.IsPathFullyQualified(path) && Path.GetFullPath(path) == path;

    static bool Matches(string name, string allowed) => name == allowed || (allowed.EndsWith('*') && name.StartsWith(allowed[..^1], StringComparison.Ordinal));

    // An environment variable may be a secret, and this key would show it.
    void Texts(JsonNode? value, string at)
    {
        switch (value)
        {
            case JsonObject map:
                foreach (var (name, inner) in map)
                {
                    Texts(inner, SettingsPath.Join(at, name));
                }

                break;
            case JsonArray list:
                foreach (var (i, inner) in list.Index())
                {
                    Texts(inner, $"{at}[{i}]");
                }

                break;
            case JsonValue text when text.GetValueKind() == JsonValueKind.String && EnvironmentText.NamesIn(text.GetValue<string>()) is [var name, ..]:
                Report(at, SettingsException.SecretNotAllowed, $"'${{{name}}}': environment variables are named in the file alone");
                break;
        }
    }

    bool Pinned(string path, bool isWhole)
    {
        if (s_always.Concat(settings.Pinned).FirstOrDefault(pin => SettingsPath.IsIn(path, pin) || (isWhole && SettingsPath.IsIn(pin, path))) is not { } by)
        {
            return false;
        }

        Report(path, SettingsException.Pinned, s_always.Contains(by) ? $"{by} is set in the file alone" : $"the file pins {by} (settings.pinned): change it there");
        return true;
    }

    void Report(string path, string code, string message) => problems.Add(new SourceLocation(1, 1) { Setting = path }, message, code);
}
