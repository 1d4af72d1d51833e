using System.Text.Json;

namespace CartRecovery.Host.Logs;

/// <summary>Lines that a search found.</summary>
/// <param name="Lines">The lines, the newest first.</param>
/// <param name="Next">Where to go on; <see langword="null"/> at the beginning of the log.</param>
sealed record LogPage(IReadOnlyList<JsonDocument> Lines, LogPosition? Next) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var line in Lines)
        {
            line.Dispose();
        }
    }
}
