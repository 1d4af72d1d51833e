using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>How a sink is doing, as the engine sees it.</summary>
/// <param name="Connected">The last connect succeeded, and no write has thrown since.</param>
/// <param name="LastError">What went wrong last, in one line without the shopper's ids; <see langword="null"/> if nothing has.</param>
/// <param name="ConsecutiveFailures">Connects and writes since the last write on which the receiver decided.</param>
/// <param name="Circuit">Whether anything is sent.</param>
public readonly record struct SinkState(bool Connected, string? LastError, int ConsecutiveFailures, CircuitState Circuit);

/// <summary>Whether a sink is written to.</summary>
public enum CircuitState
{
    /// <summary>It is.</summary>
    Closed,

    /// <summary>Too many writes in a row failed: what is to be delivered waits.</summary>
    Open,

    /// <summary>One write is under way, to see whether the receiver is back.</summary>
    HalfOpen,
}

/// <summary>A sink's line at <c>/health</c>.</summary>
/// <param name="Name">The sink's name in the configuration.</param>
/// <param name="Type">Its kind.</param>
/// <param name="Health">Whether it can deliver: it is connected and says so itself.</param>
/// <param name="State">What the engine saw.</param>
public sealed record SinkReport(string Name, string Type, SinkHealth Health, SinkState State);
