using System.Globalization;
using System.Text;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>
/// A checkpoint of a <see cref="RecordStore{TRecord, TInput, TUpdate}"/>, while it is being written: FASTER's index and the part of its
/// log that is in memory, in a folder of their own. What is older is in the store's log, and does not change any more.
/// </summary>
public sealed class StoreCheckpoint
{
    readonly StoreLayout _layout;
    volatile bool _isWritten;

    internal StoreCheckpoint(string folder, StoreLayout layout)
    {
        Folder = folder;
        _layout = layout;
        Index = new StoreDevice(Path.Combine(folder, "index"), insist: false, delete: false);
        Log = new StoreDevice(Path.Combine(folder, "log"), insist: false, delete: false);
    }

    /// <summary>Where it is.</summary>
    public string Folder { get; }

    /// <summary>FASTER is done with it, and <see cref="Save"/> may be called. It becomes so on the worker, by <c>Refresh</c>.</summary>
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

    /// <summary>Completes the files. They are not flushed to the disk: who keeps the folder does that. On any thread.</summary>
    /// <exception cref="IOException">Not everything could be written: the checkpoint is good for nothing.</exception>
    public void Save()
    {
        Close();
        if ((Index.Failure ?? Log.Failure) is { } failure)
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

/// <summary>What the files of a checkpoint depend on, so that they are not read as something else, and the caller's number.</summary>
readonly record struct StoreLayout(Guid Token, int RecordBytes, int PageBits, int SegmentBits, long SerialNumber)
{
    const string Kind = "cartrecovery records 1";

    public void Write(string folder) => File.WriteAllText(
        Path.Combine(folder, "store.info"), $"{Kind}\n{Token}\n{RecordBytes}\n{PageBits}\n{SegmentBits}\n{SerialNumber}\n");

    /// <exception cref="InvalidDataException">It is not what it should be.</exception>
    public static StoreLayout Read(string folder)
    {
        var lines = File.ReadAllLines(Path.Combine(folder, "store.info"));
        return lines is [Kind, var token, var record, var page, var segment, var serial]
            && Guid.TryParse(token, out var guid)
            && int.TryParse(record, CultureInfo.InvariantCulture, out var recordBytes)
            && int.TryParse(page, CultureInfo.InvariantCulture, out var pageBits)
            && int.TryParse(segment, CultureInfo.InvariantCulture, out var segmentBits)
            && long.TryParse(serial, CultureInfo.InvariantCulture, out var serialNumber)
            ? new StoreLayout(guid, recordBytes, pageBits, segmentBits, serialNumber)
            : throw new InvalidDataException($"{folder} holds records in a form that this version does not know");
    }
}

/// <summary>FASTER's way to its checkpoints' files: those that are being written, or those that are read at the start.</summary>
sealed class StoreCheckpoints : ICheckpointManager
{
    /// <summary>The folder to recover from.</summary>
    public string? Source { get; init; }

    /// <summary>The checkpoint that is being written.</summary>
    public StoreCheckpoint? Current { get; set; }

    /// <summary>The devices that were read from.</summary>
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

    public IDevice GetIndexDevice(Guid indexToken) => Current?.Index ?? Open("index");

    public IDevice GetSnapshotLogDevice(Guid token) => Current?.Log ?? Open("log");

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

    /// <summary>What FASTER wrote down of its log.</summary>
    public static HybridLogRecoveryInfo Parse(byte[] info)
    {
        var parsed = default(HybridLogRecoveryInfo);
        using var reader = new StreamReader(new MemoryStream(info), Encoding.UTF8);
        parsed.Initialize(reader);
        return parsed;
    }

    // While a checkpoint is written the worker goes on, and may have filled so many pages that the log on disk reaches past the
    // checkpoint's end. FASTER would recover such a one with a log that is on disk further than it goes, and never write out what comes
    // there next. Whatever lies beyond the end does not belong to the checkpoint, so the log on disk ends there too; and nothing of the
    // snapshot is needed, which FASTER would go on reading beside the recovered store. Nor are its sessions: FASTER knows the number of
    // the last operation alone, and hands on the session of each start to all later checkpoints.
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

    StoreDevice Open(string name)
    {
        var device = new StoreDevice(Path.Combine(Source!, name), insist: false, delete: false);
        Read.Add(device);
        return device;
    }
}
