using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>Backups of the data folder, which the job 'backup' makes.</summary>
public sealed class BackupConfig
{
    [ConfigKey("The folder for backups, relative to the working directory; best on another disk. Default: the job makes none.", Example = "/mnt/backups/cartrecovery")]
    public string? To { get; set; }

    [ConfigKey("The key that encrypts them, at least 32 characters. Default: they are as readable as the data folder.", IsSecret = true)]
    public string? Key { get; set; }

    [ConfigKey("How many backups are kept.", Min = "1", Max = "10000")]
    public int Keep { get; set; } = 14;

    [ConfigKey("How long backups are kept; the newest one always is. Default: as long as there are not too many.", Min = "1h", Max = "3650d")]
    public Duration? KeepFor { get; set; }
}
