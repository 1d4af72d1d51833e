using System.Net;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>Marks a connection of a trusted proxy with the client that it is for.</summary>
/// <param name="Address">The client's address.</param>
public sealed record ProxiedClient(IPAddress Address);
