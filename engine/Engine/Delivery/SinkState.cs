using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>How a sink is doing, as the engine sees it.</summary>
/// <param name="Connected">The last connect succeeded, and no write has thrown since.</param>
/// <param name="LastError">What went wrong last, in one line without the shopper's ids; <see langword="null"/> if nothing has.</param>
/// <param name="ConsecutiveFailures">Connects and writes since the last one that brought something to the receiver.</param>
public readonly record struct SinkState(bool Connected, string? LastError, int ConsecutiveFailures);

/// <summary>A sink's line at <c>/health</c>.</summary>
/// <param name="Name">The sink's name in the configuration.</param>
/// <param name="Type">Its kind.</param>
/// <param name="Health">Whether it can deliver: it is connected and says so itself.</param>
/// <param name="State">What the engine saw.</param>
public sealed record SinkReport(string Name, string Type, SinkHealth Health, SinkState State);
