using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Exports.Archive;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Exports;

/// <summary>
/// Opens the sources of exports, and limits how many run at once: one for each store, and <see cref="Max"/> in all, since each blocks a thread. Thread-safe.
/// </summary>
/// <param name="host">The engine.</param>
/// <param name="data">The data folder.</param>
/// <param name="keys">The keys that decrypt personal data; <see langword="null"/> without encryption.</param>
sealed class ExportServices(EngineHost host, DataFolder data, KeyVault? keys) : IDisposable
{
    const string Reader = "archive";

    /// <summary>Maximum number of exports that run at once.</summary>
    public const int Max = 4;

    readonly StoreSlots _slots = new(Max);

    /// <summary>Whether the engine writes journals.</summary>
    public bool HasJournals => host.Config.Journal.Enabled;

    /// <summary>Reads the events of the journals.</summary>
    public JournalExport Events => new(data.Format.Partitions, JournalOf, keys);

    /// <summary>Reads the newest events of the journals.</summary>
    public JournalTap Tap => new(data.Format.Partitions, JournalOf, i => host.Partitions[i].Tail.Durable, keys);

    /// <summary>Opens the journals read-only up to their current end, while the partitions write them. Empty if journals are disabled.</summary>
    public IReadOnlyList<JournalView> Journals() => [.. Enumerable.Range(0, data.Format.Partitions).Select(JournalOf).OfType<JournalView>()];

    /// <summary>The archives of events.</summary>
    public EventArchives Archives { get; } = new(data.Files.Archives, host.Privacy.Folder);

    /// <summary>Opens a new connection to the database of journeys.</summary>
    public JourneyReports OpenReports() => new(data.Files.Database);

    /// <summary>Reserves the export of a store.</summary>
    /// <returns>The reservation, to be disposed; <see langword="null"/> if another export of the store or the maximum number of exports is running.</returns>
    public IDisposable? TryBegin(string store) => _slots.TryTake(store);

    /// <summary>Waits until all events acknowledged so far are in the journals, and for the database, but for that not longer than a second.</summary>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        await host.Partitions.FlushAsync(cancellation);
        await host.Journeys.CatchUpForReportAsync();
    }

    /// <summary>Keeps the journals for the archive, up to <c>journal.maxLag</c>; no longer keeps them if no archive is configured.</summary>
    /// <exception cref="IOException">The position to keep cannot be saved.</exception>
    public void KeepJournals()
    {
        for (var i = 0; i < host.Partitions.Count; i++)
        {
            if (host.Config.Archive.To is null)
            {
                host.Partitions[i].Tail.Forget(Reader);
            }
            else
            {
                host.Partitions[i].Tail.Keep(Reader, 0);
            }
        }
    }

    /// <summary>Adds the events of whole days to the configured archive, and deletes files older than its retention.</summary>
    /// <param name="config">The archive.</param>
    /// <param name="now">The time.</param>
    /// <param name="onProgress">Receives the number of events so far.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public async Task<ArchiveOutcome> ArchiveAsync(ArchiveConfig config, DateTimeOffset now, Action<long> onProgress, CancellationToken cancellation)
    {
        KeepJournals();
        await host.Partitions.FlushAsync(cancellation);
        var stores = new JournalStores(host.Stores.All);
        var journals = new ArchiveJournals(
            data.Format.Partitions, JournalOf, () => [.. FolderSwap.ArchivedJournals(data.Path).Select(former => new JournalView(former.Open, former.Layout, stores))], keys,
            number => (Encoding.UTF8.GetString(stores.IdOf(number)), stores.IdsOf(number)));
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        DateOnly? oldest = config.Retention is { } kept ? DateOnly.FromDateTime((now - kept.Value).UtcDateTime) : null;
        return await Archives.RunAsync(
            config.To!, journals, new DateTimeOffset(today.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds(), oldest, Release, onProgress,
            cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => Archives.Dispose();

    void Release(IReadOnlyList<ArchiveMark?> marks)
    {
        for (var i = 0; i < marks.Count; i++)
        {
            if (marks[i] is { } mark)
            {
                host.Partitions[i].Tail.Keep(Reader, mark.Address);
            }
        }
    }

    JournalView? JournalOf(int partition) => HasJournals && data.Files.JournalOf(partition) is var path && Directory.Exists(path)
        ? new JournalView(() => new FileJournalDevice(path, readOnly: true), data.Format.Layout, new JournalStores(host.Stores.All)) : null;
}
