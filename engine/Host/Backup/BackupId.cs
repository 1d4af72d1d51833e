using System.Globalization;

namespace CartRecovery.Host.Backup;

/// <summary>Creates and checks ids of backups: the start time in UTC, so that they sort by time.</summary>
static class BackupId
{
    /// <summary>Returns the id of a backup that starts at a time.</summary>
    public static string Of(DateTime time) => time.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Returns whether a text has the form of an id. Such a text is also safe as a file name.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: 19 } && text[8] == 'T' && text[18] == 'Z' && text.Where((_, i) => i is not (8 or 18)).All(char.IsAsciiDigit);
}
