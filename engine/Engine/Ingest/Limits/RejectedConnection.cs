namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>Marks a connection rejected at accept; the reader of its first request sends the error.</summary>
/// <param name="Reason">The reason for the rejection.</param>
public sealed record RejectedConnection(ConnectionRejection Reason);
