using System.Globalization;

namespace CartRecovery.Host.Backup;

/// <summary>Ids of backups: when each began, in UTC, so that their order is that of time.</summary>
static class BackupId
{
    /// <summary>Returns the id of a backup that begins at a time.</summary>
    public static string Of(DateTime time) => time.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Whether a text has the form of an id, so that it is also a file's name.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: 19 } && text[8] == 'T' && text[18] == 'Z' && text.Where((_, i) => i is not (8 or 18)).All(char.IsAsciiDigit);
}
