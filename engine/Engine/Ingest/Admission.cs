using System.Net;
using CartRecovery.Engine.ControlPlane;

namespace CartRecovery.Engine.Ingest;

/// <summary>A client that may open a stream.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Address">Its address, which rates are counted for; <see langword="null"/> if unknown.</param>
public sealed record Admission(StoreKey Key, IPAddress? Address);
