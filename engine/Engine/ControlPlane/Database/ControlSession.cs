using System.Data.Common;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>A transaction of the control database. Not thread-safe: one statement at a time, and none after its action has returned.</summary>
public sealed class ControlSession
{
    readonly DbConnection _connection;
    readonly DbTransaction _transaction;
    readonly SqlDialect _dialect;
    readonly CancellationToken _cancellation;

    internal ControlSession(DbConnection connection, DbTransaction transaction, SqlDialect dialect, CancellationToken cancellation) =>
        (_connection, _transaction, _dialect, _cancellation) = (connection, transaction, dialect, cancellation);

    /// <summary>Runs a statement.</summary>
    /// <returns>The number of rows changed.</returns>
    /// <exception cref="ControlDatabaseException">The statement failed.</exception>
    public async Task<int> RunAsync(SqlStatement statement)
    {
        try
        {
            await using var command = CommandOf(statement);
            return await command.ExecuteNonQueryAsync(_cancellation);
        }
        catch (DbException e)
        {
            throw _dialect.Explain(e);
        }
    }

    /// <summary>Reads all rows of a result into memory. The statement must have a LIMIT.</summary>
    /// <exception cref="ControlDatabaseException">The statement failed.</exception>
    public async Task<List<T>> ListAsync<T>(SqlStatement statement, Func<ControlRow, T> read)
    {
        try
        {
            await using var command = CommandOf(statement);
            await using var reader = await command.ExecuteReaderAsync(_cancellation);
            var rows = new List<T>();
            while (await reader.ReadAsync(_cancellation))
            {
                rows.Add(read(new ControlRow(reader)));
            }

            return rows;
        }
        catch (DbException e)
        {
            throw _dialect.Explain(e);
        }
    }

    /// <summary>Reads the first row of a result.</summary>
    /// <returns>The row; the default value if the result is empty.</returns>
    /// <exception cref="ControlDatabaseException">The statement failed.</exception>
    public async Task<T?> FirstAsync<T>(SqlStatement statement, Func<ControlRow, T> read)
    {
        try
        {
            await using var command = CommandOf(statement);
            await using var reader = await command.ExecuteReaderAsync(_cancellation);
            return await reader.ReadAsync(_cancellation) ? read(new ControlRow(reader)) : default;
        }
        catch (DbException e)
        {
            throw _dialect.Explain(e);
        }
    }

    /// <summary>Reads the number in the first column of the first row; <see langword="null"/> if there is no row or it is NULL.</summary>
    /// <exception cref="ControlDatabaseException">The statement failed.</exception>
    public Task<long?> NumberAsync(SqlStatement statement) => FirstAsync(statement, row => row.NumberOrNull(0));

    /// <summary>
    /// Marks a topic as changed: once the transaction is committed, every engine that shares the database reloads it (<see cref="ControlChanges"/>).
    /// </summary>
    public Task MarkChangedAsync(string topic)
    {
        HasMarked = true;
        return RunAsync(
            $"INSERT INTO control_changes (topic, revision) VALUES ({topic}, 1) ON CONFLICT (topic) DO UPDATE SET revision = control_changes.revision + 1");
    }

    /// <summary>Whether the transaction marked a topic as changed.</summary>
    internal bool HasMarked { get; private set; }

    /// <summary>Runs SQL without parameters, such as a schema step. Never pass it user input.</summary>
    internal async Task RunScriptAsync(string sql)
    {
        try
        {
            await using var command = _connection.CreateCommand();
            command.Transaction = _transaction;
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(_cancellation);
        }
        catch (DbException e)
        {
            throw _dialect.Explain(e);
        }
    }

    DbCommand CommandOf(SqlStatement statement)
    {
        var command = _connection.CreateCommand();
        command.Transaction = _transaction;
        command.CommandText = statement.Text;
        foreach (var (type, value) in statement.Values)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = SqlStatement.Name(command.Parameters.Count);
            parameter.DbType = type switch
            {
                SqlType.Text => System.Data.DbType.String,
                SqlType.Number => System.Data.DbType.Int64,
                _ => System.Data.DbType.Binary,
            };
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
