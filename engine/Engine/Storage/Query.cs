namespace CartRecovery.Engine.Storage;

/// <summary>Prepares a statement for one use, and closes it on disposal.</summary>
/// <param name="database">The connection.</param>
/// <param name="sql">The statement.</param>
readonly struct Query(Database database, string sql) : IDisposable
{
    /// <summary>The statement.</summary>
    public Statement Rows { get; } = database.Prepare(sql);

    /// <inheritdoc/>
    public void Dispose() => database.Forget(Rows);
}
