using System.Globalization;

namespace CartRecovery.Host.Backup;

/// <summary>Ids of backups: when each began, in UTC, so that their order is that of time.</summary>
static class BackupId
{
    /// <summary>Returns the id of a backup that begins at a time.</summary>
    public static string Of(DateTime time) => time.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);
}
