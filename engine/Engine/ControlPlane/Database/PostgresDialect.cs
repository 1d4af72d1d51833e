using System.Data;
using System.Data.Common;
using Npgsql;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>Connects to a PostgreSQL database, which several engines may share.</summary>
sealed class PostgresDialect : SqlDialect
{
    // How long a writer waits for a writer of another engine.
    const string LockTimeout = "SET LOCAL lock_timeout = '5s'";

    readonly NpgsqlDataSource _source;

    /// <param name="address">The database.</param>
    /// <param name="connections">Maximum number of connections.</param>
    public PostgresDialect(PostgresAddress address, int connections)
    {
        Name = address.ToString();
        var settings = address.Settings();
        settings.MaxPoolSize = connections;
        settings.CommandTimeout = CommandTimeout;
        settings.ApplicationName ??= "cartrecovery";
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        _source = builder.Build();
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string SchemaLock => "SELECT pg_advisory_xact_lock(6299452318)";

    /// <inheritdoc/>
    public override async ValueTask<DbConnection> ConnectAsync(CancellationToken cancellation)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellation);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or TimeoutException or ArgumentException)
        {
            throw new ControlDatabaseException(ControlDatabaseException.Unavailable, $"{Name} does not answer: {e.Message}", e);
        }
    }

    // Writers use READ COMMITTED: each statement sees what was committed before it, and the first one takes the lock of all writers.
    /// <inheritdoc/>
    public override async ValueTask<DbTransaction> BeginAsync(DbConnection connection, bool writes, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(writes ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead, cancellation);
        if (writes)
        {
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = LockTimeout;
            await command.ExecuteNonQueryAsync(cancellation);
        }

        return transaction;
    }

    /// <inheritdoc/>
    protected override string CodeOf(DbException e) => e is PostgresException postgres ? postgres.SqlState switch
    {
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable => ControlDatabaseException.Conflict,
        PostgresErrorCodes.UniqueViolation => ControlDatabaseException.Duplicate,
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.DiskFull
            or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName
            or PostgresErrorCodes.ReadOnlySqlTransaction => ControlDatabaseException.Unavailable,
        _ => ControlDatabaseException.Failed,
    } : ControlDatabaseException.Unavailable;

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _source.DisposeAsync();
}
