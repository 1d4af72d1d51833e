using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>The state of a sink as observed by the engine.</summary>
/// <param name="Connected">Whether the last connect succeeded and no write has thrown since.</param>
/// <param name="LastError">The latest error, in one line without personal data; <see langword="null"/> if there was none.</param>
/// <param name="ConsecutiveFailures">Failed connects and writes since the receiver last decided on a write.</param>
/// <param name="Circuit">The state of the circuit.</param>
/// <param name="Halt">Why the sink has stopped; <see langword="null"/> if it has not.</param>
public readonly record struct SinkState(bool Connected, string? LastError, int ConsecutiveFailures, CircuitState Circuit, string? Halt = null);

/// <summary>The states of a sink's circuit.</summary>
public enum CircuitState
{
    /// <summary>Writes are made.</summary>
    Closed,

    /// <summary>Too many consecutive writes failed; deliveries wait.</summary>
    Open,

    /// <summary>One write probes whether the receiver has recovered.</summary>
    HalfOpen,
}

/// <summary>A sink's entry at <c>/health</c>.</summary>
/// <param name="Name">The sink's name in the configuration.</param>
/// <param name="Type">The sink's type.</param>
/// <param name="Health">Whether it can deliver: it is connected and reports healthy.</param>
/// <param name="State">The state observed by the engine.</param>
public sealed record SinkReport(string Name, string Type, SinkHealth Health, SinkState State);
