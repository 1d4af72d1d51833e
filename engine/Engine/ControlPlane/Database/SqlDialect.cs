using System.Data.Common;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>The differences between the two databases: connections, transactions and error codes. The SQL is the same.</summary>
abstract class SqlDialect : IAsyncDisposable
{
    /// <summary>Timeout of a statement, in seconds.</summary>
    public const int CommandTimeout = 30;

    /// <summary>The database's name in messages, without a password.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// A statement that locks the schema until the transaction ends; <see langword="null"/> if beginning the transaction locks it.
    /// </summary>
    public virtual string? SchemaLock => null;

    /// <summary>Opens a connection, or takes one from the pool.</summary>
    /// <exception cref="DbException">The database does not answer.</exception>
    public abstract ValueTask<DbConnection> ConnectAsync(CancellationToken cancellation);

    /// <summary>Begins a transaction. It sees everything that was committed before.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="writes">Whether the transaction writes.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public abstract ValueTask<DbTransaction> BeginAsync(DbConnection connection, bool writes, CancellationToken cancellation);

    /// <summary>Removes deleted rows from the database's log, if the engine manages it.</summary>
    /// <exception cref="DbException">The database does not answer.</exception>
    /// <exception cref="ControlDatabaseException">An open read transaction keeps the log.</exception>
    public virtual Task ScrubAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Wraps a failure in an exception with a stable code.</summary>
    public ControlDatabaseException Explain(DbException e) => CodeOf(e) switch
    {
        ControlDatabaseException.Conflict => new(ControlDatabaseException.Conflict, $"{Name}: another change was in the way; try again", e),
        ControlDatabaseException.Duplicate => new(ControlDatabaseException.Duplicate, $"{Name}: it exists already", e),
        ControlDatabaseException.Unavailable => new(ControlDatabaseException.Unavailable, $"{Name} does not answer: {e.Message}", e),
        _ => new(ControlDatabaseException.Failed, $"{Name}: {e.Message}", e),
    };

    /// <summary>Returns the stable code of a failure.</summary>
    protected abstract string CodeOf(DbException e);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
