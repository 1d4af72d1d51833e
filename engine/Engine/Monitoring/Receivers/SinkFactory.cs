using CartRecovery.Contracts;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>How a channel makes a sink of its own.</summary>
/// <param name="Name">The sink's name in the configuration.</param>
/// <param name="Type">Its type.</param>
/// <param name="Address">The address that it needs.</param>
/// <param name="Create">Makes one, not yet connected.</param>
public sealed record SinkFactory(string Name, string Type, AddressKind Address, Func<ISink> Create);
