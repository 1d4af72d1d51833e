using System.Data.Common;
using CartRecovery.Engine.ControlPlane.Audit;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>
/// The control plane's database: SQLite in the data folder, or a PostgreSQL database that several engines share. In both, transactions that write run one after
/// another, a read sees one snapshot, and a commit is durable. The event path does not use it. Thread-safe.
/// </summary>
public sealed class ControlDatabase : IAsyncDisposable
{
    /// <summary>Maximum number of connections.</summary>
    public const int MaxConnections = 4;

    /// <summary>Memory of the page caches of all connections, in bytes.</summary>
    public const long CacheBytes = MaxConnections * (2L << 20);

    /// <summary>The topic whose row every writer locks.</summary>
    internal const string WriteTopic = "write";

    const int MaxAttempts = 5;

    static readonly TimeSpan s_connectionTimeout = TimeSpan.FromSeconds(10);
    static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(20);

    readonly SqlDialect _dialect;
    readonly byte[] _master;
    readonly TimeProvider _time;
    readonly SemaphoreSlim _connections = new(MaxConnections, MaxConnections);
    readonly SemaphoreSlim _writer = new(1, 1);
    ControlKeys? _keys;

    ControlDatabase(SqlDialect dialect, byte[] master, TimeProvider time)
    {
        _dialect = dialect;
        _master = master;
        _time = time;
        Changes = new ControlChanges(this, time);
    }

    /// <summary>The database, as messages name it.</summary>
    public string Name => _dialect.Name;

    /// <summary>Whether several engines may share the database.</summary>
    public bool IsShared => _dialect is PostgresDialect;

    /// <summary>Encrypts secrets and hashes lookup values.</summary>
    /// <exception cref="InvalidOperationException">The database is not open.</exception>
    public ControlKeys Keys => _keys ?? throw new InvalidOperationException("The control database is not open.");

    /// <summary>Reloads cached data after changes by any engine or command.</summary>
    public ControlChanges Changes { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time => _time;

    /// <summary>Creates a database in a file; <see cref="OpenAsync"/> opens it.</summary>
    /// <param name="path">The file; created if missing.</param>
    /// <param name="master">The master key; without one, the data folder's secret.</param>
    /// <param name="time">The clock.</param>
    public static ControlDatabase InFile(string path, byte[] master, TimeProvider time) => new(new SqliteDialect(Path.GetFullPath(path)), master, time);

    /// <summary>Creates a database in PostgreSQL; <see cref="OpenAsync"/> opens it.</summary>
    /// <param name="address">The database; it must exist.</param>
    /// <param name="master">The master key, the same for all engines.</param>
    /// <param name="time">The clock.</param>
    public static ControlDatabase InPostgres(PostgresAddress address, byte[] master, TimeProvider time) =>
        new(new PostgresDialect(address, MaxConnections), master, time);

    /// <summary>Connects, migrates the schema and opens the keys.</summary>
    /// <exception cref="ControlDatabaseException">The database does not answer, a newer version wrote it, or its master key is another
    /// one.</exception>
    public async Task OpenAsync(CancellationToken cancellation = default)
    {
        await MigrateAsync(cancellation);
        _keys = await WriteAsync(async session =>
        {
            var (keys, isNew) = await ControlKeys.OpenAsync(session, _master, Name);
            if (isNew)
            {
                await AuditLog.BeginAsync(session, keys);
            }

            return keys;
        }, cancellation);
    }

    /// <summary>Re-encrypts the root key under this master key. Idempotent; does nothing if there is no root key.</summary>
    /// <param name="former">The former master key.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database does not answer, a newer version wrote it, or neither master key opens
    /// it.</exception>
    public async Task RewrapAsync(byte[] former, CancellationToken cancellation = default)
    {
        await MigrateAsync(cancellation);
        await WriteAsync(session => ControlKeys.RewrapAsync(session, former, _master, Name), cancellation);
    }

    /// <summary>Reads one snapshot of the database.</summary>
    /// <param name="read">Reads. May run more than once.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<T> ReadAsync<T>(Func<ControlSession, Task<T>> read, CancellationToken cancellation = default) => RunAsync(writes: false, read, cancellation);

    /// <summary>
    /// Runs a transaction that writes. Transactions of all engines run one after another, so the action changes what it read. Returns when
    /// the change is durable and its followers in this process have reloaded it.
    /// </summary>
    /// <param name="write">Reads and changes. May run more than once: it must have no effect outside the database.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed. Nothing was changed, unless the connection broke during the
    /// commit.</exception>
    public async Task<T> WriteAsync<T>(Func<ControlSession, Task<T>> write, CancellationToken cancellation = default)
    {
        var marked = false;
        T result;
        if (!await _writer.WaitAsync(s_connectionTimeout, cancellation))
        {
            throw new ControlDatabaseException(ControlDatabaseException.Unavailable, $"{Name}: too many changes are queued");
        }

        try
        {
            result = await RunAsync(writes: true, async session =>
            {
                // Locks out other writers: PostgreSQL locks this row; SQLite has locked the file already.
                await session.RunAsync($"UPDATE control_changes SET revision = revision + 1 WHERE topic = {WriteTopic}");
                var value = await write(session);
                marked = session.HasMarked;
                return value;
            }, cancellation);
        }
        finally
        {
            _writer.Release();
        }

        if (marked)
        {
            await Changes.RefreshAsync();
        }

        return result;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<ControlSession, Task> write, CancellationToken cancellation = default) => WriteAsync(async session =>
    {
        await write(session);
        return true;
    }, cancellation);

    /// <summary>Removes deleted rows from SQLite's write-ahead log. PostgreSQL keeps deleted rows until it vacuums the table.</summary>
    /// <exception cref="ControlDatabaseException">The database failed, or an open read transaction keeps the log.</exception>
    public async Task ScrubAsync(CancellationToken cancellation = default)
    {
        await _connections.WaitAsync(cancellation);
        try
        {
            await _dialect.ScrubAsync(cancellation);
        }
        catch (DbException e)
        {
            throw _dialect.Explain(e);
        }
        finally
        {
            _connections.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Changes.DisposeAsync();
        await _dialect.DisposeAsync();
        _connections.Dispose();
        _writer.Dispose();
    }

    Task MigrateAsync(CancellationToken cancellation) => RunAsync(writes: true, async session =>
    {
        if (_dialect.SchemaLock is { } schemaLock)
        {
            await session.RunScriptAsync(schemaLock);
        }

        await ControlSchema.MigrateAsync(session, Name, _time);
        return true;
    }, cancellation);

    async Task<T> RunAsync<T>(bool writes, Func<ControlSession, Task<T>> run, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!await _connections.WaitAsync(s_connectionTimeout, cancellation))
            {
                throw new ControlDatabaseException(ControlDatabaseException.Unavailable, $"{Name}: no connection is free");
            }

            try
            {
                return await TryAsync(writes, run, cancellation);
            }
            catch (ControlDatabaseException e) when (e.Code == ControlDatabaseException.Conflict && attempt < MaxAttempts)
            {
                // Retried below, after the connection is released.
            }
            finally
            {
                _connections.Release();
            }

            await Task.Delay(s_retryDelay * attempt, _time, cancellation);
        }
    }

    async Task<T> TryAsync<T>(bool writes, Func<ControlSession, Task<T>> run, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _dialect.ConnectAsync(cancellation);
            await using var transaction = await _dialect.BeginAsync(connection, writes, cancellation);
            var result = await run(new ControlSession(connection, transaction, _dialect, cancellation));
            await transaction.CommitAsync(cancellation);
            return result;
        }
        catch (DbException e)
        {
            throw _dialect.Explain(e);
        }
    }
}
