using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Data;

/// <summary>The journal, which makes events durable before they are acknowledged.</summary>
public sealed class JournalConfig
{
    [ConfigKey("If false, events are acknowledged once processed, and a crash loses the state.")]
    public bool Enabled { get; set; } = true;

    [ConfigKey("Maximum time an event waits for its group commit.", Max = "1s")]
    public Duration CommitAge { get; set; } = Duration.FromMilliseconds(5);

    [ConfigKey("Starts a commit when this many bytes are pending.", Min = "4KB", Max = "8MB")]
    public ByteSize CommitSize { get; set; } = ByteSize.FromKilobytes(512);

    [ConfigKey("Compression of the journal's blocks: lz4, or none, which needs 2 to 3 times the space and less processor time. May be changed at "
        + "any time: files of either kind are read.")]
    public JournalCompression Compression { get; set; }

    [ConfigKey("File size of a new journal, rounded down to a power of two.", Min = "4MB", Max = "1GB")]
    public ByteSize Segment { get; set; } = ByteSize.FromMegabytes(64);

    [ConfigKey("How long journal files are kept for replay and export. Files that a checkpoint needs are always kept.", Max = "3650d")]
    public Duration Retention { get; set; } = Duration.FromHours(7 * 24);

    [ConfigKey("Maximum total size of the journal files, over all partitions. The oldest are deleted first; files that a checkpoint needs are "
        + "always kept.", Min = "16MB", Max = "1024TB")]
    public ByteSize MaxSize { get; set; } = ByteSize.FromMegabytes(20 * 1024);

    [ConfigKey("Maximum size of the journal files kept for a reader that is behind, such as the journeys while their database is unavailable, over "
        + "all partitions. Beyond it the reader loses the oldest entries, and says so.", Min = "16MB", Max = "1024TB")]
    public ByteSize MaxLag { get; set; } = ByteSize.FromMegabytes(40 * 1024);
}
