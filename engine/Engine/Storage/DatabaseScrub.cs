namespace CartRecovery.Engine.Storage;

/// <summary>Makes sure that bytes of deleted rows are gone from a database's files. Beside the writer, over connections of its own.</summary>
public static class DatabaseScrub
{
    const int Buffer = 1 << 20;

    /// <summary>Checkpoints the write-ahead log and cuts it to nothing. Waits up to 5 s for readers.</summary>
    /// <param name="path">The database file.</param>
    /// <returns><see langword="false"/> if a reader still needs it.</returns>
    /// <exception cref="IOException">It failed.</exception>
    public static bool TryTruncateLog(string path)
    {
        using var database = new Database(path);
        using var truncate = new Query(database, "PRAGMA wal_checkpoint(TRUNCATE)");
        return truncate.Rows.Number() == 0;
    }

    /// <summary>Writes the whole database anew, so that no page has remains of anything. Writers wait meanwhile.</summary>
    /// <param name="path">The database file.</param>
    /// <exception cref="IOException">It failed: the disk is full, or a writer does not end.</exception>
    public static void Rewrite(string path)
    {
        using var database = new Database(path);
        database.Execute("VACUUM");
    }

    /// <summary>Returns whether the database file or its log has one of some bytes anywhere, in free pages too.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="texts">The bytes.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static bool Contains(string path, IReadOnlyCollection<byte[]> texts, CancellationToken cancellation) =>
        texts.Count > 0 && new[] { path, path + "-wal" }.Any(file => FileContains(file, texts, cancellation));

    static bool FileContains(string path, IReadOnlyCollection<byte[]> texts, CancellationToken cancellation)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var overlap = texts.Max(text => text.Length);
        var buffer = new byte[Buffer + overlap];
        var kept = 0;
        while (file.Read(buffer, kept, buffer.Length - kept) is > 0 and var read)
        {
            cancellation.ThrowIfCancellationRequested();
            var window = buffer.AsSpan(0, kept + read);
            foreach (var text in texts)
            {
                if (window.IndexOf(text) >= 0)
                {
                    return true;
                }
            }

            kept = Math.Min(overlap, window.Length);
            window[^kept..].CopyTo(buffer);
        }

        return false;
    }
}
