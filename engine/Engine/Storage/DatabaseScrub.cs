namespace CartRecovery.Engine.Storage;

/// <summary>Removes remains of deleted rows from a database's files, over connections of its own beside the writer's.</summary>
public static class DatabaseScrub
{
    const int Buffer = 1 << 20;

    /// <summary>Checkpoints the write-ahead log and truncates it. Waits up to 5 s for readers.</summary>
    /// <param name="path">The database file.</param>
    /// <returns><see langword="false"/> if a reader still uses the log.</returns>
    /// <exception cref="IOException">The checkpoint failed.</exception>
    public static bool TryTruncateLog(string path)
    {
        using var database = new Database(path);
        using var truncate = new Query(database, "PRAGMA wal_checkpoint(TRUNCATE)");
        return truncate.Rows.Number() == 0;
    }

    /// <summary>Rewrites the whole database (VACUUM), so that no page has remains of deleted rows. Blocks writers meanwhile.</summary>
    /// <param name="path">The database file.</param>
    /// <exception cref="IOException">The disk is full, or a writer does not end in time.</exception>
    public static void Rewrite(string path)
    {
        using var database = new Database(path);
        database.Execute("VACUUM");
    }

    /// <summary>Returns whether the database file or its log contains any of the given bytes, including free pages.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="texts">The bytes to search for.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static bool Contains(string path, IReadOnlyCollection<byte[]> texts, CancellationToken cancellation) =>
        texts.Count > 0 && new[] { path, path + "-wal" }.Any(file => FileContains(file, texts, cancellation));

    /// <summary>
    /// Returns whether the bytes of the database file that no row uses contain any of the given bytes. For texts so short that the rows of others contain them by chance.
    /// Truncate the log first.
    /// </summary>
    /// <param name="path">The database file.</param>
    /// <param name="texts">The bytes to search for.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>Also <see langword="true"/> if the file's layout is not known.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool HasUnused(string path, IReadOnlyCollection<byte[]> texts, CancellationToken cancellation)
    {
        if (texts.Count == 0)
        {
            return false;
        }

        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var header = new byte[UnusedSpace.FileHeader];
        var (size, trunk) = UnusedSpace.Layout(header.AsSpan(0, RandomAccess.Read(file, header, 0)));
        if (size == 0)
        {
            return true;
        }

        var page = new byte[size];
        var (pages, free) = ((uint)(RandomAccess.GetLength(file) / size), new HashSet<uint>());
        while (trunk != 0 && trunk <= pages && free.Add(trunk))
        {
            RandomAccess.Read(file, page, (long)(trunk - 1) * size);
            trunk = new UnusedSpace(page).ReadTrunk(free);
        }

        for (var number = 1u; number <= pages; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            RandomAccess.Read(file, page, (long)(number - 1) * size);
            if (free.Contains(number) ? UnusedSpace.ContainsAny(page, texts) : new UnusedSpace(page).HasAny(number, texts))
            {
                return true;
            }
        }

        return false;
    }

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
