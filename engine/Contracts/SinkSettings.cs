namespace CartRecovery.Contracts;

/// <summary>
/// The options of one configured sink, validated and with their types. A <c>Get</c> method returns the value or its default, a <c>Find</c>
/// method also <see langword="null"/> where there is neither. Both throw <see cref="InvalidOperationException"/> for an option that the
/// spec does not declare, or declares with another type.
/// </summary>
public sealed class SinkSettings
{
    readonly SinkSpec _spec;
    readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    /// <summary>Validates values against a spec and fills in the defaults.</summary>
    /// <param name="name">The sink's name in the configuration.</param>
    /// <param name="spec">The kind of sink.</param>
    /// <param name="values">The keys that the configuration gives.</param>
    /// <exception cref="SinkConfigurationException">A value is not of its option's type, a required one is missing, or a key is
    /// unknown.</exception>
    public SinkSettings(string name, SinkSpec spec, IReadOnlyDictionary<string, OptionValue> values)
    {
        Name = name;
        _spec = spec;
        foreach (var key in values.Keys)
        {
            if (!spec.Options.Any(option => option.Name == key))
            {
                throw new SinkConfigurationException(key, $"unknown option of a {spec.Type} sink");
            }
        }

        foreach (var option in spec.Options)
        {
            if (values.GetValueOrDefault(option.Name) is { } value)
            {
                _values[option.Name] = option.Type.Read(value) ?? throw SinkConfigurationException.Expected(option.Name, option.Type.Form);
                if (option.IsFile && !MayOpen((string)_values[option.Name]))
                {
                    throw SinkConfigurationException.Expected(option.Name, "a regular file that is not empty");
                }
            }
            else if (option.Default is { } text)
            {
                _values[option.Name] = option.Type.Read(text)!;
            }
            else if (option.Required)
            {
                throw new SinkConfigurationException(option.Name, "required");
            }
        }
    }

    /// <summary>Validates values that are texts.</summary>
    /// <inheritdoc cref="SinkSettings(string, SinkSpec, IReadOnlyDictionary{string, OptionValue})"/>
    public SinkSettings(string name, SinkSpec spec, IReadOnlyDictionary<string, string> values)
        : this(name, spec, values.ToDictionary(pair => pair.Key, pair => new OptionValue(pair.Value), StringComparer.Ordinal))
    {
    }

    SinkSettings(SinkSettings other, TimeProvider time, TimeSpan timeout) =>
        (Name, _spec, _values, Time, Timeout) = (other.Name, other._spec, other._values, time, timeout);

    // To open a pipe or a device may block for ever. They have no length.
    static bool MayOpen(string path)
    {
        try
        {
            return (File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)) is not FileInfo { Exists: true, Length: 0 };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Missing or not readable: the sink says so when it opens it.
            return true;
        }
    }

    /// <summary>The sink's name in the configuration.</summary>
    public string Name { get; }

    /// <summary>The sink's clock: the system's, unless the engine runs with another.</summary>
    public TimeProvider Time { get; } = TimeProvider.System;

    /// <summary>The sink's <c>timeout</c>. The engine enforces it, unless <see cref="SinkSpec.MaxItemDuration"/> leaves that to the sink.</summary>
    public TimeSpan Timeout { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Returns these settings with another clock and timeout.</summary>
    public SinkSettings With(TimeProvider time, TimeSpan timeout) => new(this, time, timeout);

    /// <summary>Returns the value of a text or choice.</summary>
    public string GetText(string option) => Get<string>(option);

    /// <inheritdoc cref="GetText"/>
    public string? FindText(string option) => (string?)Find<string>(option);

    /// <summary>Returns the value of a whole number.</summary>
    public long GetInteger(string option) => Get<long>(option);

    /// <inheritdoc cref="GetInteger"/>
    public long? FindInteger(string option) => (long?)Find<long>(option);

    /// <summary>Returns the value of a number.</summary>
    public double GetNumber(string option) => Get<double>(option);

    /// <inheritdoc cref="GetNumber"/>
    public double? FindNumber(string option) => (double?)Find<double>(option);

    /// <summary>Returns the value of a Boolean.</summary>
    public bool GetBoolean(string option) => Get<bool>(option);

    /// <summary>Returns the value of a duration.</summary>
    public TimeSpan GetDuration(string option) => Get<TimeSpan>(option);

    /// <inheritdoc cref="GetDuration"/>
    public TimeSpan? FindDuration(string option) => (TimeSpan?)Find<TimeSpan>(option);

    /// <summary>Returns the value of a URL.</summary>
    public Uri GetUrl(string option) => Get<Uri>(option);

    /// <inheritdoc cref="GetUrl"/>
    public Uri? FindUrl(string option) => (Uri?)Find<Uri>(option);

    /// <summary>Returns the value of a secret.</summary>
    public Secret GetSecret(string option) => Get<Secret>(option);

    /// <inheritdoc cref="GetSecret"/>
    public Secret? FindSecret(string option) => (Secret?)Find<Secret>(option);

    /// <summary>Returns the entries of a list; none where the key is absent.</summary>
    public IReadOnlyList<string> GetList(string option) => (IReadOnlyList<string>?)Find<IReadOnlyList<string>>(option) ?? [];

    /// <summary>Returns the headers of a map, by names of any case; none where the key is absent.</summary>
    public IReadOnlyDictionary<string, Secret> GetHeaders(string option) =>
        (IReadOnlyDictionary<string, Secret>?)Find<IReadOnlyDictionary<string, Secret>>(option) ?? new Dictionary<string, Secret>();

    T Get<T>(string option) => (T)(Find<T>(option) ?? throw new SinkConfigurationException(option, "required"));

    object? Find<T>(string option) =>
        _spec.Options.FirstOrDefault(declared => declared.Name == option) is { } found && found.Type.ValueType == typeof(T)
            ? _values.GetValueOrDefault(option)
            : throw new InvalidOperationException($"The spec of '{_spec.Type}' declares no option '{option}' that is read as {typeof(T).Name}.");
}
