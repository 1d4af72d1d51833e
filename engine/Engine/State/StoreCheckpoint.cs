using System.Text;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>
/// A checkpoint of a <see cref="RecordStore{TRecord, TInput, TUpdate}"/> while it is being written: FASTER's index and the in-memory part
/// of its log, in a folder of their own. Older records are in the store's log, where they no longer change.
/// </summary>
public sealed class StoreCheckpoint
{
    readonly StoreLayout _layout;
    readonly StoreDevice _records;
    volatile bool _isWritten;

    internal StoreCheckpoint(string folder, StoreLayout layout, StoreDevice records)
    {
        _records = records;
        Folder = folder;
        _layout = layout;
        Index = new StoreDevice(Path.Combine(folder, "index"), insist: false, delete: false);
        Log = new StoreDevice(Path.Combine(folder, "log"), insist: false, delete: false);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>
    /// Whether FASTER has finished, so that <see cref="Save"/> may be called. Becomes true on the worker, in <c>Refresh</c>.
    /// </summary>
    public bool IsWritten
    {
        get => _isWritten;
        internal set => _isWritten = value;
    }

    internal StoreDevice Index { get; }

    internal StoreDevice Log { get; }

    internal Guid Token { get; set; }

    internal byte[] IndexInfo { get; set; } = [];

    internal byte[] LogInfo { get; set; } = [];

    /// <summary>Completes the files without flushing them to disk, which is up to the owner of the folder. Any thread.</summary>
    /// <exception cref="IOException">A write failed: the checkpoint is unusable.</exception>
    public void Save()
    {
        Close();
        if ((Index.Failure ?? Log.Failure ?? _records.Failure) is { } failure)
        {
            throw new IOException($"a checkpoint in {Folder} could not be written: {failure.Message}", failure);
        }

        File.WriteAllBytes(Path.Combine(Folder, "index.info"), IndexInfo);
        File.WriteAllBytes(Path.Combine(Folder, "log.info"), LogInfo);
        (_layout with { Token = Token }).Write(Folder);
    }

    internal void Close()
    {
        Index.Dispose();
        Log.Dispose();
    }
}

/// <summary>Gives FASTER access to checkpoint files, both those being written and those read during recovery.</summary>
/// <param name="records">The store's log, which a snapshot has pages of.</param>
sealed class StoreCheckpoints(StoreDevice records) : ICheckpointManager
{
    /// <summary>Folder to recover from.</summary>
    public string? Source { get; init; }

    /// <summary>Checkpoint being written.</summary>
    public StoreCheckpoint? Current { get; set; }

    /// <summary>Devices that were read from.</summary>
    public List<StoreDevice> Read { get; } = [];

    public void InitializeIndexCheckpoint(Guid indexToken)
    {
    }

    public void InitializeLogCheckpoint(Guid logToken)
    {
    }

    public void CommitIndexCheckpoint(Guid indexToken, byte[] commitMetadata) => Current!.IndexInfo = commitMetadata;

    public void CommitLogCheckpoint(Guid logToken, byte[] commitMetadata) => Current!.LogInfo = EndingAtItsTail(commitMetadata);

    public void CheckpointVersionShift(long oldVersion, long newVersion)
    {
    }

    public void CommitLogIncrementalCheckpoint(Guid logToken, long version, byte[] commitMetadata, DeltaLog deltaLog) => throw new NotSupportedException();

    public byte[] GetIndexCheckpointMetadata(Guid indexToken) => File.ReadAllBytes(Path.Combine(Source!, "index.info"));

    public byte[] GetLogCheckpointMetadata(Guid logToken, DeltaLog deltaLog, bool scanDelta = false, long recoverTo = -1) =>
        File.ReadAllBytes(Path.Combine(Source!, "log.info"));

    public IEnumerable<Guid> GetIndexCheckpointTokens() => [];

    public IEnumerable<Guid> GetLogCheckpointTokens() => [];

    public IDevice GetIndexDevice(Guid indexToken) => Current?.Index ?? Open("index", pageBytes: 0);

    public IDevice GetSnapshotLogDevice(Guid token) => Current?.Log ?? Open("log", records.PageBytes);

    public IDevice GetSnapshotObjectLogDevice(Guid token) => new NullDevice();

    public IDevice? GetDeltaLogDevice(Guid token) => null;

    public void Purge(Guid token)
    {
    }

    public void PurgeAll()
    {
    }

    public void OnRecovery(Guid indexToken, Guid logToken)
    {
    }

    public void Dispose()
    {
    }

    /// <summary>Returns the bytes of a checkpoint's log, and those of a record in it.</summary>
    /// <exception cref="IOException">The checkpoint cannot be read.</exception>
    public static (long Bytes, int RecordBytes) SizeOf(string checkpoint, int latestShape)
    {
        const int HeaderAndKey = 3 * sizeof(long);
        var info = Parse(File.ReadAllBytes(Path.Combine(checkpoint, "log.info")));
        return (info.finalLogicalAddress - info.beginAddress, HeaderAndKey + StoreLayout.Read(checkpoint, latestShape).RecordBytes);
    }

    /// <summary>Returns FASTER's description of its log.</summary>
    public static HybridLogRecoveryInfo Parse(byte[] info)
    {
        var parsed = default(HybridLogRecoveryInfo);
        using var reader = new StreamReader(new MemoryStream(info), Encoding.UTF8);
        parsed.Initialize(reader);
        return parsed;
    }

    // The worker continues while a checkpoint is written and may fill so many pages that the on-disk log reaches past the checkpoint's
    // end. FASTER would recover that checkpoint with an on-disk log beyond its end, and never write out what comes there next. So the
    // on-disk log is made to end with the checkpoint; the snapshot, which FASTER would keep reading beside the recovered store, is then
    // unnecessary. Sessions are dropped too: FASTER knows only the number of the last operation, and passes the session of each start on
    // to all later checkpoints.
    static byte[] EndingAtItsTail(byte[] info)
    {
        var parsed = Parse(info);
        if (parsed.flushedLogicalAddress >= parsed.finalLogicalAddress)
        {
            parsed.flushedLogicalAddress = parsed.finalLogicalAddress;
            parsed.snapshotStartFlushedLogicalAddress = parsed.snapshotFinalLogicalAddress = parsed.finalLogicalAddress;
        }

        parsed.checkpointTokens = [];
        return parsed.ToByteArray();
    }

    StoreDevice Open(string name, int pageBytes)
    {
        var device = new StoreDevice(Path.Combine(Source!, name), insist: false, delete: false) { PageBytes = pageBytes, RecordBytes = records.RecordBytes };
        Read.Add(device);
        return device;
    }
}
