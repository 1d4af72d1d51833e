namespace CartRecovery.Engine.Configuration;

/// <summary>
/// What people should know of a key of the configuration. The binder holds values against it and the schema repeats it, so that the
/// property is the key's only declaration.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConfigKeyAttribute(string description) : Attribute
{
    /// <summary>One sentence, for editors and for the message when the key is missing.</summary>
    public string Description { get; } = description;

    /// <summary>The smallest value allowed, as it would be written; of a list or map, the fewest entries.</summary>
    public string? Min { get; init; }

    /// <summary>The largest value allowed, as it would be written; of a list or map, the most entries.</summary>
    public string? Max { get; init; }

    /// <summary>The value must be above this one.</summary>
    public string? Above { get; init; }

    /// <summary>A value as it would be written.</summary>
    public string? Example { get; init; }

    /// <summary>The list that the value must be in.</summary>
    public ConfigNames In { get; init; }
}

/// <summary>The lists of names that a value of the configuration can be bound to.</summary>
internal enum ConfigNames
{
    /// <summary>None: any text.</summary>
    Free,

    /// <summary>The event types of the native dialect.</summary>
    EventTypes,

    /// <summary>The names of the feature table.</summary>
    Features,

    /// <summary>The types of the sinks that the engine has.</summary>
    SinkTypes,
}
