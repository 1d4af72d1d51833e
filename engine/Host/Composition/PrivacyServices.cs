using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Privacy;
using CartRecovery.Host.Backup;
using CartRecovery.Host.Data;
using CartRecovery.Host.Exports;
using CartRecovery.Host.Jobs;
using CartRecovery.Primitives;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>The services that erase people: tombstones, requests, receipts and the runner.</summary>
sealed class PrivacyServices : IAsyncDisposable
{
    /// <summary>Maximum number of exports of people that run at once: each reads the journals twice.</summary>
    public const int MaxExports = 4;

    readonly ControlDatabase _control;
    readonly StoreSlots _exports = new(MaxExports);
    readonly SemaphoreSlim _drain = new(1, 1);
    ErasureRunner? _runner;
    TombstoneMirror? _mirror;
    ErasureTargets? _targets;
    EngineHost? _host;

    /// <param name="control">The control database.</param>
    /// <param name="secret">The data folder's secret.</param>
    public PrivacyServices(ControlDatabase control, byte[] secret)
    {
        _control = control;
        Folder = FolderIdOf(secret);
        Tombstones = new Tombstones(control);
        Requests = new ErasureRequests(control, Tombstones);
        Receipts = new Receipts(control);
        Folders = new ErasureFolders(control);
    }

    /// <summary>The data folder's id in the control database, which several engines may share.</summary>
    public string Folder { get; }

    public Tombstones Tombstones { get; }

    public ErasureRequests Requests { get; }

    public Receipts Receipts { get; }

    /// <summary>The data folders that share the control database.</summary>
    public ErasureFolders Folders { get; }

    /// <summary>The people whose events are refused.</summary>
    public ForgottenPeople Forgotten => Tombstones.People;

    /// <summary>Returns the id of a data folder with this secret.</summary>
    public static string FolderIdOf(byte[] secret) => Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes("cartrecovery folder id"))[..8]);

    /// <summary>Connects the services to the engine's parts. Call before the start.</summary>
    public void Attach(EngineHost host, DataFolder data, PersonJournal journal, ILogger log)
    {
        Tombstones.Follow();
        _host = host;
        _targets = new ErasureTargets
        {
            Folder = Folder,
            Version = BuildVersion.Number,
            Stores = host.Stores,
            Journeys = host.Journeys,
            Database = data.Files.Database,
            Journal = journal,
            DeadLetters = host.DeadLetters,
            DeadLetterQueue = host.DeadLetterQueue,
            Sinks = host.Sinks,
            Archives = host.Exports.Archives,
            Reconciliations = new ReconciliationStore(_control),
            Partitions = new LockedErasure(host.Erasure, data.Path, cancellation => host.Backtests.PauseAsync(cancellation)),
            RenewBackupsAsync = cancellation => Task.Run(() => new BackupRenewal(
                _control, host.Config.Data, EngineOf(host), () => host.Config.Backup.Key).RunAsync(cancellation), cancellation),
            SettleAsync = async cancellation =>
            {
                await DrainAsync(host.Partitions.Slabs, cancellation);
                await host.Partitions.FlushAsync(cancellation);
                await host.Journeys.CatchUpAsync().WaitAsync(cancellation);
            },
        };
        _runner = new ErasureRunner(_control, Requests, Folders, Receipts, _targets, log);
        _runner.Follow();
        _mirror = new TombstoneMirror(_control, Tombstones, EngineOf(host), () => host.Config.Backup.Key, log);
        Tombstones.OnChange = _mirror.Wake;
    }

    /// <summary>
    /// Registers the data folder, and refuses the people who were forgotten after the backup that it was restored from. Call before anything listens, with an open control database.
    /// </summary>
    /// <param name="data">The data folder.</param>
    /// <exception cref="DataFolderException">The file of a restore is damaged.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task RegisterAsync(string data)
    {
        await Folders.RegisterAsync(Folder);
        var file = Path.Combine(data, TombstoneFile.Restored);
        if (!File.Exists(file))
        {
            return;
        }

        try
        {
            await Folders.RestoreAsync(Folder, TombstoneFile.Read(await File.ReadAllBytesAsync(file), file));
        }
        catch (InvalidDataException e)
        {
            throw new DataFolderException("restored_damaged", e.Message);
        }

        File.Delete(file);
        FolderSync.Flush(data);
    }

    /// <summary>Reserves the right to export: one export of each store at a time, and <see cref="MaxExports"/> in all.</summary>
    /// <param name="store">The store's id.</param>
    /// <returns>Releases the reservation when disposed; <see langword="null"/> if no export may begin.</returns>
    public IDisposable? TryBeginExport(string store) => _exports.TryTake(store);

    /// <summary>Creates the export of a customer.</summary>
    public PersonExport ExportOf(Store store, string userId) => new(_targets!, store, userId, (cart, cancellation) => _host!.Partitions.FindAsync(cart, cancellation), _control.Time);

    /// <summary>Starts to execute requests.</summary>
    public void Start()
    {
        _mirror!.Start();
        _runner!.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_runner is not null)
        {
            await _runner.DisposeAsync();
            await _mirror!.DisposeAsync();
        }
    }

    // The engine's id in the table of destinations.
    string EngineOf(EngineHost host) => _control.IsShared ? EngineId.Of(Path.GetFullPath(host.Config.Data)) : "";

    // Serializes the calls of an erasure and an export: the pool allows one at a time.
    async Task DrainAsync(SlabPool slabs, CancellationToken cancellation)
    {
        await _drain.WaitAsync(cancellation);
        try
        {
            await slabs.DrainAsync(_control.Time, cancellation);
        }
        finally
        {
            _drain.Release();
        }
    }
}
