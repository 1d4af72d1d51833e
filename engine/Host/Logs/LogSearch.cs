using System.Globalization;
using System.Text.Json;

namespace CartRecovery.Host.Logs;

/// <summary>
/// Searches the log's files from the newest line back, reading them as they are: while the engine writes the last and deletes the first. One search
/// at a time, and a page reads a bounded number of bytes, so that a search costs the engine little.
/// </summary>
/// <param name="folder">The folder of the files.</param>
sealed class LogSearch(string folder) : IDisposable
{
    /// <summary>The most bytes that a page reads. A page may be short, or empty, although there is more: its <see cref="LogPage.Next"/> says so.</summary>
    public const long MaxBytes = 64 << 20;

    const int Window = 1 << 20;

    readonly SemaphoreSlim _turn = new(1);

    /// <summary>Returns the newest lines that a query finds.</summary>
    /// <param name="query">What to find.</param>
    /// <param name="before">Where to go on; <see langword="null"/> for the end of the log.</param>
    /// <param name="limit">The most lines.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public async Task<LogPage> FindAsync(LogQuery query, LogPosition? before, int limit, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Find(query, before, limit, cancellationToken), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    LogPage Find(LogQuery query, LogPosition? before, int limit, CancellationToken cancellationToken)
    {
        List<JsonDocument> found = [];
        var (left, buffer) = (MaxBytes, new byte[Window]);
        try
        {
            foreach (var name in NamesBefore(before?.File))
            {
                using var file = Open(name);
                if (file is null)
                {
                    continue;
                }

                // A narrow time long ago reads a line of each later file.
                if (name != before?.File && LogWindow.FirstLine(file) is { } first && query.IsAfter(first))
                {
                    continue;
                }

                var end = name == before?.File ? Math.Min(before.Value.Offset, file.Length) : file.Length;
                while (end > 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var window = LogWindow.Read(file, end, buffer);
                    foreach (var (offset, line) in window.Backwards())
                    {
                        var (isBefore, document) = query.Match(line);
                        if (isBefore)
                        {
                            return new LogPage(found, Next: null);
                        }

                        if (document is not null)
                        {
                            found.Add(document);
                            if (found.Count == limit)
                            {
                                return new LogPage(found, new LogPosition(name, offset));
                            }
                        }
                    }

                    (left, end) = (left - (end - window.Begin), window.Begin);
                    if (left <= 0)
                    {
                        return new LogPage(found, new LogPosition(name, end));
                    }
                }
            }

            return new LogPage(found, Next: null);
        }
        catch
        {
            found.ForEach(document => document.Dispose());
            throw;
        }
    }

    // The newest first, beginning with the given one.
    IEnumerable<string> NamesBefore(string? last) =>
        (Directory.Exists(folder) ? Directory.EnumerateFiles(folder, $"{LogFiles.Prefix}*{LogFiles.Suffix}") : []).Select(path => Path.GetFileName(path))
        .Where(name => last is null || OrderOf(name).CompareTo(OrderOf(last)) <= 0).OrderByDescending(OrderOf);

    // engine-20261202.ndjson, then engine-20261202_001.ndjson.
    static (string Day, int Number) OrderOf(string name)
    {
        var parts = name[LogFiles.Prefix.Length..^LogFiles.Suffix.Length].Split('_');
        return (parts[0], parts.Length > 1 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
    }

    FileStream? Open(string name)
    {
        try
        {
            return new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        }
        catch (FileNotFoundException)
        {
            // Deleted meanwhile, for its age.
            return null;
        }
    }
}
