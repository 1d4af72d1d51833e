namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>The encoding of answers to a client.</summary>
public enum StreamEncoding
{
    /// <summary>JSON, one value per line.</summary>
    Lines,

    /// <summary>JSON, one value per WebSocket text frame.</summary>
    WebSocket,

    /// <summary>MessagePack, each value prefixed by its length: four bytes, big-endian.</summary>
    MessagePack,
}
