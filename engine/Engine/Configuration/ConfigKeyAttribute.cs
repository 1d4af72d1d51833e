namespace CartRecovery.Engine.Configuration;

/// <summary>
/// Declares a key of the configuration. The binder validates values against it and the schema repeats it, so the property is the key's
/// only declaration.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class ConfigKeyAttribute(string description) : Attribute
{
    /// <summary>Description, one sentence, for editors and for the message if the key is missing.</summary>
    public string Description { get; } = description;

    /// <summary>Minimum value, as written in the file; for a list or map, the minimum number of entries.</summary>
    public string? Min { get; init; }

    /// <summary>Maximum value, as written in the file; for a list or map, the maximum number of entries.</summary>
    public string? Max { get; init; }

    /// <summary>Exclusive lower bound, as written in the file.</summary>
    public string? Above { get; init; }

    /// <summary>An example, as written in the file.</summary>
    public string? Example { get; init; }

    /// <summary>Whether the value must not be shown, and may be read from a file or a command: <see cref="Reading.SecretSource"/>.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Whether a running engine takes over a change, of the key and of everything in it, when it reloads the configuration.</summary>
    public bool Reloads { get; init; }

    /// <summary>List of names that the value must be in.</summary>
    public ConfigNames In { get; init; }
}

/// <summary>The lists of names that a value can be restricted to.</summary>
enum ConfigNames
{
    /// <summary>No restriction.</summary>
    Free,

    /// <summary>The native event types.</summary>
    EventTypes,

    /// <summary>The names of the feature table.</summary>
    Features,

    /// <summary>The available sink types.</summary>
    SinkTypes,
}
