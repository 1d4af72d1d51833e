using System.Buffers.Binary;
using System.Text;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// The history's database. A chunk's key is its level (3 bits), series (30) and window (30), so that a series' chunks of one level lie side
/// by side. Not thread-safe: one instance writes, another reads.
/// </summary>
sealed class HistoryRows : IDisposable
{
    const int WindowBits = 30;
    const int SeriesBits = 30;
    /// <summary>The last window that a key can hold.</summary>
    public const long LastWindow = (1L << WindowBits) - 1;
    const int CheckpointPages = 1000;
    const int CacheKilobytes = 4 << 10;
    const int Version = 1;

    readonly Database _database;
    readonly Statement _chunks;
    readonly Statement _lastChunk;
    readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    int _checkpointed;

    /// <summary>Opens the database; creates it if the connection writes and it is missing.</summary>
    /// <exception cref="IOException">It cannot be opened or is of a newer version.</exception>
    public HistoryRows(string path, bool isReader)
    {
        _database = new Database(path, isReader);
        try
        {
            _database.Execute($"PRAGMA cache_size=-{CacheKilobytes}");
            if (!isReader)
            {
                CreateTables();
            }

            _chunks = _database.Prepare("SELECT data FROM chunks WHERE key BETWEEN ?1 AND ?2 ORDER BY key");
            _lastChunk = _database.Prepare("SELECT key, data FROM chunks WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1");
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    /// <summary>Bytes in use in the file.</summary>
    public long UsedBytes => Prepared("SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s")
        .Number() ?? 0;

    /// <summary>Runs a change as one transaction; undoes it if it fails.</summary>
    public void Transact(Action change)
    {
        _database.Execute("BEGIN IMMEDIATE");
        try
        {
            change();
            _database.Execute("COMMIT");
        }
        catch
        {
            _database.Execute("ROLLBACK");
            throw;
        }

        if (_database.PagesLogged - _checkpointed > CheckpointPages)
        {
            _database.Checkpoint();
            _checkpointed = _database.PagesLogged;
        }
    }

    /// <summary>Reads a series' chunks of one level within a range of windows, oldest first.</summary>
    public List<byte[]> Chunks(int level, int series, long firstWindow, long lastWindow)
    {
        var chunks = new List<byte[]>();
        _chunks.With(Key(level, series, firstWindow)).With(Key(level, series, Math.Min(lastWindow, LastWindow)));
        while (_chunks.Next())
        {
            chunks.Add(_chunks.Bytes(0).ToArray());
        }

        return chunks;
    }

    /// <summary>Reads a series' latest chunk of a level.</summary>
    public (long Window, byte[] Chunk)? LastChunk(int level, int series)
    {
        _lastChunk.With(Key(level, series, 0)).With(Key(level, series, LastWindow));
        if (!_lastChunk.Next())
        {
            return null;
        }

        var found = (_lastChunk.Long(0) & LastWindow, _lastChunk.Bytes(1).ToArray());
        _lastChunk.Reset();
        return found;
    }

    /// <summary>Writes a chunk.</summary>
    public void WriteChunk(int level, int series, long window, ReadOnlySpan<byte> chunk) =>
        Prepared("INSERT OR REPLACE INTO chunks VALUES (?1, ?2)").With(Key(level, series, window)).With(chunk).Run();

    /// <summary>Deletes a series' chunks of a level before a window.</summary>
    /// <returns>Their bytes.</returns>
    public long DeleteChunks(int level, int series, long window)
    {
        var (first, end) = (Key(level, series, 0), Key(level, series, window));
        var bytes = Prepared("SELECT sum(length(data)) FROM chunks WHERE key >= ?1 AND key < ?2").With(first).With(end).Number();
        if (bytes is not null)
        {
            Prepared("DELETE FROM chunks WHERE key >= ?1 AND key < ?2").With(first).With(end).Run();
        }

        return bytes ?? 0;
    }

    /// <summary>Reads all series with the time of their last sealed sample.</summary>
    public IEnumerable<(int Id, SeriesLabels Labels, long First, long Sealed)> Series()
    {
        var rows = Prepared("SELECT id, labels, first, sealed FROM series");
        while (rows.Next())
        {
            yield return (rows.Int(0), Labels(rows.Bytes(1)), rows.Long(2), rows.Long(3));
        }
    }

    public void WriteSeries(HistorySeries series) => Prepared("INSERT OR REPLACE INTO series VALUES (?1, ?2, ?3, ?4)")
        .With(series.Id).With(Bytes(series.Labels)).With(series.FirstTime).With(series.Sealed).Run();

    public void WriteSealed(int series, long time) => Prepared("UPDATE series SET sealed = ?2 WHERE id = ?1").With(series).With(time).Run();

    public void DeleteSeries(int series) => Prepared("DELETE FROM series WHERE id = ?1").With(series).Run();

    /// <summary>Adds a row of the log.</summary>
    /// <param name="until">The time of the last sample in it.</param>
    /// <param name="row">The row.</param>
    public void AddLog(long until, ReadOnlySpan<byte> row) => Prepared("INSERT INTO log (until, data) VALUES (?1, ?2)").With(until).With(row).Run();

    /// <summary>Deletes the rows of the log that have no sample at or after a time.</summary>
    public void DeleteLog(long before) => Prepared("DELETE FROM log WHERE until < ?1").With(before).Run();

    public IEnumerable<byte[]> Log()
    {
        var rows = Prepared("SELECT data FROM log ORDER BY id");
        while (rows.Next())
        {
            yield return rows.Bytes(0).ToArray();
        }
    }

    /// <summary>Reads the first time that each level keeps and its bytes.</summary>
    public IEnumerable<(int Level, long Cutoff, long Bytes)> Levels()
    {
        var rows = Prepared("SELECT level, cutoff, bytes FROM levels");
        while (rows.Next())
        {
            yield return (rows.Int(0), rows.Long(1), rows.Long(2));
        }
    }

    public void WriteLevel(int level, long cutoff, long bytes) =>
        Prepared("INSERT OR REPLACE INTO levels VALUES (?1, ?2, ?3)").With(level).With(cutoff).With(bytes).Run();

    public IEnumerable<MetricMetadata> Metadata()
    {
        var rows = Prepared("SELECT name, type, help, unit FROM metadata");
        while (rows.Next())
        {
            yield return new MetricMetadata(rows.Text(0), (MetricType)rows.Int(1), rows.Text(2), rows.Text(3));
        }
    }

    public void WriteMetadata(MetricMetadata metadata) => Prepared("INSERT OR REPLACE INTO metadata VALUES (?1, ?2, ?3, ?4)")
        .With(metadata.Name).With((int)metadata.Type).With(metadata.Help).With(metadata.Unit).Run();

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    void CreateTables()
    {
        var version = Prepared("PRAGMA user_version").Number();
        if (version > Version)
        {
            throw new IOException($"{_database.Path}: written by a newer version of CartRecovery (format {version})");
        }

        _database.Execute($"""
            CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, labels BLOB NOT NULL, first INTEGER NOT NULL, sealed INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS chunks (key INTEGER PRIMARY KEY, data BLOB NOT NULL);
            CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, until INTEGER NOT NULL, data BLOB NOT NULL);
            CREATE TABLE IF NOT EXISTS levels (level INTEGER PRIMARY KEY, cutoff INTEGER NOT NULL, bytes INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS metadata (name TEXT PRIMARY KEY, type INTEGER NOT NULL, help TEXT NOT NULL, unit TEXT NOT NULL) WITHOUT ROWID;
            PRAGMA user_version={Version};
            """);
    }

    Statement Prepared(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements[sql] = statement = _database.Prepare(sql);
        }

        return statement;
    }

    static long Key(int level, int series, long window) => ((long)level << (SeriesBits + WindowBits)) | ((long)series << WindowBits) | window;

    static byte[] Bytes(SeriesLabels labels)
    {
        var length = labels.Sum(label => 4 + Encoding.UTF8.GetByteCount(label.Key) + Encoding.UTF8.GetByteCount(label.Value));
        var (bytes, at) = (new byte[length], 0);
        foreach (var (name, value) in labels)
        {
            Put(name);
            Put(value);
        }

        return bytes;

        void Put(string text)
        {
            var count = Encoding.UTF8.GetBytes(text, bytes.AsSpan(at + 2));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)count);
            at += 2 + count;
        }
    }

    static SeriesLabels Labels(ReadOnlySpan<byte> bytes)
    {
        var labels = new List<KeyValuePair<string, string>>();
        while (!bytes.IsEmpty)
        {
            var name = Take(ref bytes);
            labels.Add(new(name, Take(ref bytes)));
        }

        return SeriesLabels.Of(labels);
    }

    static string Take(ref ReadOnlySpan<byte> bytes)
    {
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        var text = Encoding.UTF8.GetString(bytes.Slice(2, count));
        bytes = bytes[(2 + count)..];
        return text;
    }
}
