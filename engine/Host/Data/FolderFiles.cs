using System.Globalization;
using CartRecovery.Host.Backtests;
using CartRecovery.Host.Backup;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Host.Data;

/// <summary>Where the parts of a data folder are.</summary>
/// <param name="Root">The folder.</param>
readonly record struct FolderFiles(string Root)
{
    /// <summary>The names of all parts, besides those that only a change of the folder makes.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        FolderFormat.Name, StoreNumbersFile.Name, CampaignNumbering.Name, "lock", "secret", "keys", "journal", "checkpoints", "stores", "outreach.db",
        "outreach.db-wal", "outreach.db-shm", "control.db", "control.db-wal",
        "control.db-shm", "alerts.db", "alerts.db-wal", "alerts.db-shm", "notices.db", "notices.db-wal", "notices.db-shm", MetricMonitor.FileName, MetricMonitor.FileName + "-wal", MetricMonitor.FileName + "-shm",
        MetricMonitor.FileName + ".damaged", "deadletters", "models", "logs",
        "archive", "archives", "next", "next.tmp", RunningConfig.Name, ExchangeRatesFeed.FileName, EngineId.Name, BackupRunner.Scratch, BackupLock.Name,
        CampaignBacktests.Scratch, TombstoneFile.Restored,
    ];

    /// <summary>The folder of all journals.</summary>
    public string Journals => Path.Combine(Root, "journal");

    /// <summary>The folder of all checkpoints.</summary>
    public string Checkpoints => Path.Combine(Root, "checkpoints");

    /// <summary>The folder for records spilled from memory.</summary>
    public string Stores => Path.Combine(Root, "stores");

    /// <summary>
    /// The folder of the keys that encrypt personal data. Archived journals have none of their own, so that a destroyed key is gone.
    /// </summary>
    public string Keys =>
        Path.GetFileName(Path.GetDirectoryName(Root)) == FolderSwap.Archive && !Directory.Exists(Path.Combine(Root, "keys"))
        ? Path.Combine(Root, "..", "..", "keys") : Path.Combine(Root, "keys");

    /// <summary>The database of journeys and customers.</summary>
    public string Database => Path.Combine(Root, "outreach.db");

    /// <summary>The control plane's database, unless PostgreSQL has it.</summary>
    public string ControlDatabase => Path.Combine(Root, "control.db");

    /// <summary>The states of alerts.</summary>
    public string Alerts => Path.Combine(Root, "alerts.db");

    /// <summary>The database of notices, silences, the history of alerts, and rules of the API.</summary>
    public string Notices => Path.Combine(Root, "notices.db");

    /// <summary>The list of the archives of events, which are elsewhere.</summary>
    public string Archives => Path.Combine(Root, "archives");

    /// <summary>The folder of the models.</summary>
    public string Models => Path.Combine(Root, "models");

    /// <summary>The folder of the log's files.</summary>
    public string Logs => Path.Combine(Root, "logs");

    /// <summary>Returns the folder of a partition's journal.</summary>
    public string JournalOf(int partition) => Path.Combine(Journals, Name(partition));

    /// <summary>Returns the folder of a partition's checkpoints.</summary>
    public string CheckpointsOf(int partition) => Path.Combine(Checkpoints, Name(partition));

    /// <summary>Returns the file of the positions of a partition's readers.</summary>
    public string CursorsOf(int partition) => Path.Combine(JournalOf(partition), "cursors");

    static string Name(int partition) => partition.ToString(CultureInfo.InvariantCulture);
}
