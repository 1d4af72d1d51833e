namespace CartRecovery.Contracts;

/// <summary>
/// A kind of sink: its name in the configuration, its options and how to make one. <c>check</c> holds the configuration against it.
/// </summary>
/// <param name="Type">The value of <c>type:</c>, lower case.</param>
/// <param name="Description">One sentence for people who choose a sink.</param>
/// <param name="Options">The keys that its section takes, beside those that every sink has.</param>
/// <param name="Create">Makes a sink from its settings. It opens nothing; throws <see cref="SinkConfigurationException"/> for settings
/// that cannot work.</param>
public sealed record SinkSpec(
    string Type, string Description, IReadOnlyList<SinkOption> Options, Func<SinkSettings, SinkInstance> Create)
{
    /// <summary>The address in <see cref="Intervention.Recipient"/> that it cannot do without. It also says whose consent is asked.</summary>
    public AddressKind Address { get; init; }

    /// <summary>Interventions a second at most where the configuration says nothing; 0 for no limit.</summary>
    public double RateLimit { get; init; }
}

/// <summary>The ways to reach a shopper who is not on a stream.</summary>
public enum AddressKind
{
    /// <summary>It goes to the shop's own systems, or to a stream.</summary>
    None,

    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>A telephone number.</summary>
    Phone,

    /// <summary>A device's push token.</summary>
    Push,
}

/// <summary>One key of a sink's section.</summary>
/// <param name="Name">The key, in camelCase.</param>
/// <param name="Description">What it does, with its unit or form.</param>
/// <param name="Required">There is no default.</param>
/// <param name="Default">The value when the key is absent.</param>
/// <param name="Secret">Never shown or logged.</param>
public sealed record SinkOption(string Name, string Description, bool Required = false, string? Default = null, bool Secret = false);

/// <summary>The options of one configured sink, as texts.</summary>
public sealed class SinkSettings
{
    readonly IReadOnlyDictionary<string, string> _values;

    /// <summary>Settings of the sink called <paramref name="name"/>.</summary>
    public SinkSettings(string name, IReadOnlyDictionary<string, string> values)
    {
        Name = name;
        _values = values;
    }

    /// <summary>The sink's name in the configuration.</summary>
    public string Name { get; }

    /// <summary>The clock that the sink takes every time from; the system's, unless the engine was given another.</summary>
    public TimeProvider Time { get; private init; } = TimeProvider.System;

    /// <summary>The same settings with another clock.</summary>
    public SinkSettings With(TimeProvider time) => new(Name, _values) { Time = time };

    /// <summary>The option's value or default; <see langword="null"/> where there is neither.</summary>
    public string? Find(string option) => _values.GetValueOrDefault(option);

    /// <summary>The option's value or default.</summary>
    /// <exception cref="SinkConfigurationException">There is neither.</exception>
    public string Get(string option) => Find(option) ?? throw new SinkConfigurationException(option, "is required");
}

/// <summary>An option's value that cannot work.</summary>
public sealed class SinkConfigurationException : Exception
{
    /// <summary>Says which option, and what is wrong with it (a phrase that follows the option's name).</summary>
    public SinkConfigurationException(string option, string problem)
        : base($"{option} {problem}") => Option = option;

    /// <summary>The option's key.</summary>
    public string Option { get; }
}
