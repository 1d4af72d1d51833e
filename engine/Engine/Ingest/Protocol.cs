namespace CartRecovery.Engine.Ingest;

/// <summary>Ingest protocols.</summary>
public enum Protocol
{
    WebSocket,
    Tcp,
    Http,
}
