namespace CartRecovery.Engine.Configuration.Data;

/// <summary>The compression of the journal's events.</summary>
public enum JournalCompression
{
    /// <summary>LZ4 blocks.</summary>
    Lz4,

    /// <summary>No compression.</summary>
    None,
}
