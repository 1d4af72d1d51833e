namespace CartRecovery.Engine.Storage;

/// <summary>A statement for one use.</summary>
/// <param name="database">The connection.</param>
/// <param name="sql">The statement.</param>
readonly struct Query(Database database, string sql) : IDisposable
{
    /// <summary>The statement.</summary>
    public Statement Rows { get; } = database.Prepare(sql);

    /// <inheritdoc/>
    public void Dispose() => database.Forget(Rows);
}
