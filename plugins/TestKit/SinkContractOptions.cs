using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>A sink's properties for the kit. The defaults suit most sinks.</summary>
public sealed record SinkContractOptions
{
    /// <summary>The deadline for a cancelled call, a write to a responsive receiver, and a disposal.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Concurrent writes: the largest <c>maxInFlight</c> to verify.</summary>
    public int MaxInFlight { get; init; } = 4;

    /// <summary>Whether the sink passes the intervention's id to the receiver. Clear only if the receiver has no field for one.</summary>
    public bool PassesId { get; init; } = true;

    /// <summary>Values that the factory must reject, by option; each replaces one value of the receiver's settings.</summary>
    public IReadOnlyList<(string Option, OptionValue Value)> InvalidSettings { get; init; } = [];

    /// <summary>The interventions to deliver, by number from 0, each with an id of its own.</summary>
    public Func<int, Intervention> Sample { get; init; } = SampleInterventions.Create;
}
