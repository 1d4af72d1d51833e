namespace CartRecovery.Contracts;

/// <summary>
/// A kind of sink: its name in the configuration, its options, and its factory. <c>check</c>, the JSON schema and the reference of options
/// are derived from it.
/// </summary>
/// <param name="Type">The value of <c>type:</c>, in lower case.</param>
/// <param name="Description">One sentence for people who choose a sink.</param>
/// <param name="Options">The keys of its section, beyond those that every sink has.</param>
/// <param name="Create">Creates a sink from validated settings. It opens nothing, and throws <see cref="SinkConfigurationException"/> for
/// settings that cannot work.</param>
public sealed record SinkSpec(
    string Type, string Description, IReadOnlyList<SinkOption> Options, Func<SinkSettings, SinkInstance> Create)
{
    /// <summary>The address in <see cref="Intervention.Recipient"/> that the sink requires. It also decides whose consent is asked.</summary>
    public AddressKind Address { get; init; }

    /// <summary>
    /// The most that an item of a write may take, for a sink with a deadline for each of its steps: the engine then gives a write this long for
    /// each item. Zero for a sink whose whole write must end within <c>timeout</c>.
    /// </summary>
    public TimeSpan MaxItemDuration { get; init; }

    /// <summary>Whether the sink runs programs or writes files on the engine's machine, so that only the configuration file may set one up.</summary>
    public bool ActsOnMachine { get; init; }

    /// <summary>The default of <c>rateLimit</c>, in interventions per second; 0 for no limit.</summary>
    public double RateLimit { get; init; }
}

/// <summary>The address by which a sink reaches a shopper. The numbers are persisted and never change.</summary>
public enum AddressKind
{
    /// <summary>None: the sink delivers to the shop's own systems.</summary>
    None = 0,

    /// <summary>An e-mail address.</summary>
    Email = 1,

    /// <summary>A telephone number.</summary>
    Phone = 2,

    /// <summary>A device's push token.</summary>
    Push = 3,
}
