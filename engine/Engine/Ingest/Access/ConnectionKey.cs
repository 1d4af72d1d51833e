using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>Connection feature: the key that a connection has without sending one, because the client's certificate stands for it.</summary>
/// <param name="Key">The key.</param>
public sealed record ConnectionKey(StoreKey Key);
