using System.Data.Common;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>What differs between the two databases: how to connect, and how failures are told apart. The SQL is the same.</summary>
abstract class SqlDialect : IAsyncDisposable
{
    /// <summary>How long a statement may take, in seconds.</summary>
    public const int CommandTimeout = 30;

    /// <summary>How the database is named in messages, without a password.</summary>
    public abstract string Name { get; }

    /// <summary>A statement that keeps other engines from changing the schema until the transaction ends, where beginning one does not.</summary>
    public virtual string? SchemaLock => null;

    /// <summary>Opens a connection, or takes one that was used before.</summary>
    /// <exception cref="DbException">The database does not answer.</exception>
    public abstract ValueTask<DbConnection> ConnectAsync(CancellationToken cancellation);

    /// <summary>Begins a transaction that sees what was committed before it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="writes">Whether it will change something.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public abstract ValueTask<DbTransaction> BeginAsync(DbConnection connection, bool writes, CancellationToken cancellation);

    /// <summary>Returns a failure with its code.</summary>
    public ControlDatabaseException Explain(DbException e) => CodeOf(e) switch
    {
        ControlDatabaseException.Conflict => new(ControlDatabaseException.Conflict, $"{Name}: another change was in the way; try again", e),
        ControlDatabaseException.Duplicate => new(ControlDatabaseException.Duplicate, $"{Name}: it exists already", e),
        ControlDatabaseException.Unavailable => new(ControlDatabaseException.Unavailable, $"{Name} does not answer: {e.Message}", e),
        _ => new(ControlDatabaseException.Failed, $"{Name}: {e.Message}", e),
    };

    /// <summary>Returns the code of a failure.</summary>
    protected abstract string CodeOf(DbException e);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
