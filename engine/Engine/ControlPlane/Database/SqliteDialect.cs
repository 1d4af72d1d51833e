using System.Data.Common;
using CartRecovery.Primitives;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>Connects to a SQLite file in the data folder, in WAL mode. A commit is synced to disk.</summary>
sealed class SqliteDialect : SqlDialect
{
    // How long a writer waits for a writer of another process, in seconds.
    const int BusyTimeoutSeconds = 5;

    readonly string _path;
    readonly string _connection;

    static SqliteDialect() => raw.SetProvider(new SQLite3Provider_e_sqlite3());

    /// <param name="path">The file; created if missing.</param>
    public SqliteDialect(string path)
    {
        _path = path;
        _connection = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            ForeignKeys = true,
            Pooling = true,
            DefaultTimeout = BusyTimeoutSeconds,
        }.ToString();
    }

    /// <inheritdoc/>
    public override string Name => _path;

    /// <inheritdoc/>
    public override async ValueTask<DbConnection> ConnectAsync(CancellationToken cancellation)
    {
        CreatePrivate();
        var connection = new SqliteConnection(_connection);
        try
        {
            await connection.OpenAsync(cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-2048; PRAGMA secure_delete=ON;";
            await command.ExecuteNonQueryAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<DbTransaction> BeginAsync(DbConnection connection, bool writes, CancellationToken cancellation) =>
        ValueTask.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: !writes));

    /// <inheritdoc/>
    public override async Task ScrubAsync(CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        if (await command.ExecuteScalarAsync(cancellation) is not 0L)
        {
            throw new ControlDatabaseException(ControlDatabaseException.Conflict, $"{Name}: the log cannot be truncated, because of an open read transaction");
        }
    }

    /// <inheritdoc/>
    protected override string CodeOf(DbException e) => e is not SqliteException sqlite ? ControlDatabaseException.Failed : sqlite.SqliteErrorCode switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => ControlDatabaseException.Conflict,
        raw.SQLITE_CONSTRAINT when sqlite.SqliteExtendedErrorCode is raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_PRIMARYKEY => ControlDatabaseException.Duplicate,
        raw.SQLITE_CANTOPEN or raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_READONLY => ControlDatabaseException.Unavailable,
        _ => ControlDatabaseException.Failed,
    };

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        using var any = new SqliteConnection(_connection);
        SqliteConnection.ClearPool(any);
        return ValueTask.CompletedTask;
    }

    // Creates the file before SQLite does: SQLite gives its WAL and index the file's mode.
    void CreatePrivate()
    {
        if (File.Exists(_path))
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            new FileStream(_path, options).Dispose();
            FolderSync.Flush(Path.GetDirectoryName(_path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ControlDatabaseException(ControlDatabaseException.Unavailable, $"{_path} cannot be created: {e.Message}", e);
        }
    }
}
