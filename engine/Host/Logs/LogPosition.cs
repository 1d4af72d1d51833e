using System.Globalization;

namespace CartRecovery.Host.Logs;

/// <summary>A place in the log: a file and a byte of it. A search goes on with what is before it.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Offset">The offset in bytes.</param>
readonly record struct LogPosition(string File, long Offset)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static LogPosition? Read(string text) =>
        text.LastIndexOf('/') is > 0 and var end && long.TryParse(text.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
        ? new LogPosition(text[..end], offset) : null;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}/{Offset}");
}
