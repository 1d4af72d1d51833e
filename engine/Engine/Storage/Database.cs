using SQLitePCL;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// A connection to an SQLite database, without a layer between. One thread at a time. A commit survives the process at once; it survives the
/// machine once <see cref="LogPath"/> has been synced, which is left to the owner so that no commit waits for the disk.
/// </summary>
public sealed class Database : IDisposable
{
    /// <summary>Memory for pages, in bytes.</summary>
    public const long CacheBytes = 64 << 20;

    readonly List<Statement> _statements = [];
    readonly sqlite3 _handle;

    static Database() => raw.SetProvider(new SQLite3Provider_e_sqlite3());

    /// <summary>Opens a database, and makes it where there is none.</summary>
    /// <param name="path">The file; <c>:memory:</c> for none.</param>
    /// <param name="isReader">Only to read from it, beside its writer.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public Database(string path, bool isReader = false)
    {
        Path = path;
        var flags = raw.SQLITE_OPEN_NOMUTEX | (isReader ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(path, out _handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            _handle?.Dispose();
            throw new IOException($"{path} cannot be opened: {raw.sqlite3_errstr(code).utf8_to_string()}");
        }

        Execute("PRAGMA busy_timeout=5000");
        if (!isReader)
        {
            Execute("PRAGMA journal_mode=WAL");
            Execute("PRAGMA synchronous=NORMAL");
            Execute($"PRAGMA cache_size=-{CacheBytes >> 10}");
            Execute("PRAGMA wal_autocheckpoint=0");
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The file that commits go to before they go to <see cref="Path"/>.</summary>
    public string LogPath => Path + "-wal";

    /// <summary>Pages that this connection has written to the log, ever.</summary>
    public int PagesLogged => raw.sqlite3_db_status(_handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 0) == raw.SQLITE_OK ? pages : 0;

    /// <summary>Moves pages of the log to their places in the file, as far as no reader is in the way.</summary>
    /// <returns>How many pages of the log are left.</returns>
    /// <exception cref="IOException">It failed.</exception>
    public int Checkpoint()
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out var logged, out var moved);
        return code is raw.SQLITE_OK or raw.SQLITE_BUSY ? Math.Max(0, logged - moved) : throw Failure(code);
    }

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Runs statements that give no rows.</summary>
    /// <exception cref="IOException">They failed.</exception>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql);
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    /// <summary>Prepares a statement, which lives as long as the connection.</summary>
    /// <param name="sql">One statement; parameters are <c>?1</c>, <c>?2</c> and so on.</param>
    /// <exception cref="IOException">It is not one.</exception>
    public Statement Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle);
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }

        var statement = new Statement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Lets go of a statement before its time.</summary>
    internal void Forget(Statement statement)
    {
        _statements.Remove(statement);
        statement.Close();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Close();
        }

        _handle.Dispose();
    }

    internal IOException Failure(int code) => new($"{Path}: {raw.sqlite3_errmsg(_handle).utf8_to_string()} ({code})");
}
