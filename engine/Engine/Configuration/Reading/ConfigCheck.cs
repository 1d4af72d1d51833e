using System.Text;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Learning;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks relations between values: unique names, and references to other parts of the file.</summary>
sealed class ConfigCheck
{
    const int MaxNameLength = 64, MinSecretKeyLength = 16, MaxKeyLength = 128, MinMasterKeyLength = 32;

    static readonly string[] s_aliases = [ServingPlan.ChampionAlias, ServingPlan.CanaryAlias, ServingPlan.ShadowAlias];

    static readonly string s_guessable =
        $"a secret key must have at least {MinSecretKeyLength} characters, because it can be guessed; make one with: cartrecovery keys new";

    const string MalformedHash = "a hashed key must be sha256: and 64 hexadecimal digits, as printed by: cartrecovery keys hash";

    readonly ConfigCatalog _catalog;
    readonly ConfigLocations _locations;
    readonly ConfigProblems _problems;

    ConfigCheck(ConfigCatalog catalog, ConfigLocations locations, ConfigProblems problems) =>
        (_catalog, _locations, _problems) = (catalog, locations, problems);

    public static void Run(CartRecoveryConfig config, ConfigCatalog catalog, ConfigLocations locations, ConfigProblems problems)
    {
        var check = new ConfigCheck(catalog, locations, problems);
        check.Stores(config.Stores, config.Listen);
        check.Listen(config.Listen);
        check.Sizes(config);
        check.Sinks(config.Sinks);
        check.Telemetry(config.Telemetry.Otlp);
        check.Encryption(config.Encryption);
        check.Control(config);
        check.Mail(config);
        check.Vault(config.Secrets);
        check.Settings(config.Settings);
        check.Models(config.Scoring);
        new JobCheck(check, catalog, locations).Run(config);
        new FederationCheck(check, locations).Run(config);
        new MoneyCheck(check, locations).Run(config);
        MonitoringCheck.Run(check, config.Monitoring);
        new CampaignCheck(check, catalog, locations).Run(config);
        new ContactCheck(check, locations).Run(config);
    }

    void Models(ScoringConfig scoring)
    {
        foreach (var name in scoring.Models.Keys.Where(name => s_aliases.Contains(name) || name.Length is 0 or > MaxNameLength || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))))
        {
            Report(scoring.Models, name, s_aliases.Contains(name)
                ? $"'{name}' is an alias of the purchase model; name the model after its job"
                : $"a model's name has letters, digits, '_' and '-', at most {MaxNameLength}");
        }
    }

    void Encryption(EncryptionConfig encryption)
    {
        if (encryption.Key is { Length: < MinMasterKeyLength })
        {
            Report(encryption, "key", $"encryption.key must have at least {MinMasterKeyLength} characters");
        }
    }

    void Mail(CartRecoveryConfig config)
    {
        if (config.Control.Mail is not { } name || !AreValid(config, "sinks"))
        {
            return;
        }

        List<string> sinks = [.. _locations.KeysOf(config.Sinks)];
        if (!sinks.Contains(name))
        {
            Report(config.Control, "mail", $"control.mail: unknown sink '{name}'{Suggestion.Hint(name, sinks)}");
        }
        else if (config.Sinks.TryGetValue(name, out var sink) && _catalog.FindSink(sink.Type) is { Address: not AddressKind.Email })
        {
            Report(config.Control, "mail", $"control.mail: the sink '{name}' does not send to e-mail addresses, and links set passwords: name a sink of type email");
        }
        else if (config.Contact.PublicUrl is null)
        {
            Report(config.Control, "mail", "control.mail needs contact.publicUrl, the address that links in mails lead to");
        }
    }

    void Vault(SecretsConfig secrets)
    {
        if (secrets.Vault is { } vault && _locations.Bound(vault, "address") && !VaultReader.IsAddress(vault.Address))
        {
            Report(vault, "address", "secrets.vault.address must be an https address (http on this machine alone)");
        }
    }

    void Settings(SettingsConfig settings)
    {
        foreach (var path in settings.Pinned)
        {
            var (type, at) = (ConfigJson.Root, "");
            foreach (var name in path.Split('.').TakeWhile(_ => type.Kind == JsonTypeInfoKind.Object))
            {
                List<string> known = [.. ConfigJson.KeysOf(type).Select(key => key.Name)];
                if (ConfigJson.KeysOf(type).FirstOrDefault(key => key.Name == name) is not { } property)
                {
                    Report(settings, "pinned", $"settings.pinned: unknown key '{name}'{(at.Length == 0 ? "" : $" in {at}")}{Suggestion.Hint(name, known)}");
                    break;
                }

                (type, at) = (property.Options.GetTypeInfo(property.PropertyType), at.Length == 0 ? name : $"{at}.{name}");
            }
        }
    }

    void Control(CartRecoveryConfig config)
    {
        if (config.Control.Database is not { } address)
        {
            return;
        }

        if (!PostgresAddress.TryParse(address, out _, out var problem))
        {
            Report(config.Control, "database", $"control.database: {problem}");
        }
        else if (config.Encryption.Key is null)
        {
            Report(config.Control, "database", "control.database in PostgreSQL needs encryption.key, the same for all engines that share it");
        }
    }

    void Listen(ListenConfig listen)
    {
        if (listen.Http == listen.Stream && listen.Http.Port != 0 && AreValid(listen, "http", "stream"))
        {
            Report(listen, "stream", $"listen.http and listen.stream are both {listen.Stream}; change one of the ports");
        }

        foreach (var (key, other) in new[] { ("http", listen.Http), ("stream", listen.Stream) })
        {
            if (listen.Admin is { Port: not 0 } admin && admin == other && AreValid(listen, "admin", key))
            {
                Report(listen, "admin", $"listen.admin and listen.{key} are both {admin}; change one of the ports");
            }
        }

        if (listen.MetricsKey is { } metricsKey && AreValid(listen, "metricsKey"))
        {
            MetricsKey(listen, metricsKey);
        }

        if (listen.Heartbeat.Value >= listen.IdleTimeout.Value && AreValid(listen, "heartbeat", "idleTimeout"))
        {
            Report(listen, "heartbeat",
                $"listen.heartbeat ({listen.Heartbeat}) must be shorter than listen.idleTimeout ({listen.IdleTimeout})");
        }
    }

    void MetricsKey(ListenConfig listen, string key)
    {
        if (key.Length is 0 or > MaxKeyLength || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            Report(listen, "metricsKey", $"a key must be 1 to {MaxKeyLength} printable ASCII characters without spaces");
        }
        else if (KeyHash.IsHash(key) && !KeyHash.TryParse(key, out _))
        {
            Report(listen, "metricsKey", MalformedHash);
        }
        else if (key.Length < MinSecretKeyLength)
        {
            Report(listen, "metricsKey", s_guessable);
        }
    }

    void Stores(List<StoreConfig> stores, ListenConfig listen)
    {
        var ids = new Dictionary<string, StoreConfig>(StringComparer.Ordinal);
        var keys = new Dictionary<KeyHash, StoreConfig>();
        foreach (var store in stores)
        {
            Name(store, "id", store.Id, "a store's id");
            if (store.Id.Length > 0 && !ids.TryAdd(store.Id, store))
            {
                Report(store, "id", $"duplicate store '{store.Id}', first defined on line {_locations.Of(ids[store.Id], "id").Line}");
            }

            Zone(store);
            foreach (var key in store.Keys.Where(key => _locations.Bound(key, "key")))
            {
                // Keys are secrets: messages give their location, not their value.
                if (key.Key.Length > MaxKeyLength || key.Key.AsSpan().ContainsAnyExceptInRange('!', '~'))
                {
                    Report(key, "key", $"a key must be at most {MaxKeyLength} printable ASCII characters without spaces");
                }
                else if (key.Key.Length == 0)
                {
                    Report(key, "key", "a key must not be empty");
                }
                else if (KeyHash.IsHash(key.Key) && !KeyHash.TryParse(key.Key, out _))
                {
                    Report(key, "key", MalformedHash);
                }
                else if (!keys.TryAdd(KeyHash.OfConfigured(key.Key), store))
                {
                    Report(key, "key", $"duplicate key: it is also a key of store '{keys[KeyHash.OfConfigured(key.Key)].Id}'");
                }
                else if (key is { Kind: KeyKind.Secret, LoopbackOnly: false, Key.Length: < MinSecretKeyLength } && AreValid(key, "kind", "loopbackOnly"))
                {
                    Report(key, "key", s_guessable);
                }
            }
        }
        var allRead = stores.Count > 0 && stores.TrueForAll(store => store.Keys.TrueForAll(key => _locations.Bound(key, "key")));
        if (listen.TcpKey is { } tcpKey && allRead && !keys.ContainsKey(KeyHash.OfConfigured(tcpKey)))
        {
            Report(listen, "tcpKey", "listen.tcpKey must be one of stores[].keys[].key, or be omitted");
        }
    }

    void Zone(StoreConfig store)
    {
        if (TimeZones.TryFind(store.Timezone, out _))
        {
            return;
        }

        var known = TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id).ToList();
        var hint = known.Count > 1
            ? Suggestion.Find(store.Timezone, known) is { } near ? $", did you mean '{near}'?" : "; use an IANA name like Europe/Amsterdam"
            : "; this machine only has UTC: install the package tzdata";
        Report(store, "timezone", $"unknown time zone '{store.Timezone}'{hint}");
    }

    void Sizes(CartRecoveryConfig config)
    {
        var (limits, memory) = (config.Limits, config.Memory);
        if (limits.Message.Bytes < limits.Event.Bytes && AreValid(limits, "message", "event"))
        {
            Report(limits, "message", $"limits.message ({limits.Message}) must not be smaller than limits.event ({limits.Event})");
        }

        var planned = new ByteSize(memory.Carts.Bytes + memory.Customers.Bytes);
        if (memory.Limit.Bytes > 0 && planned.Bytes > memory.Limit.Bytes && AreValid(memory, "limit", "carts", "customers"))
        {
            Report(memory, "limit", $"memory.limit ({memory.Limit}) must be at least memory.carts plus memory.customers ({planned})");
        }

        if (config.Data.Length == 0)
        {
            Report(config, "data", "data must name a folder");
        }

        if (config.Scoring.Model.Length == 0)
        {
            Report(config.Scoring, "model", "scoring.model must name a file");
        }
    }

    void Telemetry(OtlpConfig otlp)
    {
        if (otlp.Endpoint is { } endpoint && AreValid(otlp, "endpoint") && !ContactCheck.IsWebAddress(endpoint))
        {
            Report(otlp, "endpoint", $"telemetry.otlp.endpoint must be an address like http://127.0.0.1:4318, not '{endpoint}'");
        }

        foreach (var (name, value) in otlp.Headers)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAnyExceptInRange('!', '~') || name.AsSpan().ContainsAny(":=,"))
            {
                _problems.Add(_locations.OfKey(otlp.Headers, name), "a header's name must be printable ASCII characters without spaces, ':', '=' and ','");
            }
            // A header's value may be secret, so the message does not repeat it.
            else if (value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value.Contains(',', StringComparison.Ordinal))
            {
                _problems.Add(_locations.OfKey(otlp.Headers, name), $"the value of header '{name}' must be printable ASCII characters without ','");
            }
        }
    }

    void Sinks(Dictionary<string, SinkConfig> sinks)
    {
        foreach (var (name, sink) in sinks)
        {
            if (name == "socket")
            {
                _problems.Add(_locations.OfKey(sinks, name), "a sink must not be named 'socket', which is the shopper's own connection");
            }

            if (!IsName(name))
            {
                _problems.Add(_locations.OfKey(sinks, name), NameRule("a sink's name"));
            }

            if (_catalog.FindSink(sink.Type) is { } spec)
            {
                new SinkCheck(name, sink, spec, _locations, _problems).Run();
            }
        }
    }

    public void Name(object section, string key, string value, string what)
    {
        if (_locations.Bound(section, key) && !IsName(value))
        {
            Report(section, key, NameRule(what));
        }
    }

    public static bool IsName(string name) =>
        name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= MaxNameLength
        && !name.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter));

    public static string NameRule(string what) => $"{what} must be 1 to {MaxNameLength} bytes without spaces";

    /// <summary>Returns whether all these keys have valid values, so that rules relating them can be checked.</summary>
    public bool AreValid(object section, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (_locations.Failed(section, key))
            {
                return false;
            }
        }
        return true;
    }

    public void Report(object section, string key, string message) => Report(_locations.Of(section, key), message);

    public void Report(SourceLocation location, string message) => _problems.Add(location, message);
}
