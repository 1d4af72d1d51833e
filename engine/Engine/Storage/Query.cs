namespace CartRecovery.Engine.Storage;

/// <summary>A statement for one use.</summary>
/// <param name="database">Where it runs.</param>
/// <param name="sql">What it asks.</param>
readonly struct Query(Database database, string sql) : IDisposable
{
    /// <summary>The statement.</summary>
    public Statement Rows { get; } = database.Prepare(sql);

    /// <inheritdoc/>
    public void Dispose() => database.Forget(Rows);
}
