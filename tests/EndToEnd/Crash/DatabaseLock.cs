using CartRecovery.Engine.Storage;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>Another process that holds the write lock of the engine's database.</summary>
sealed class DatabaseLock : IDisposable
{
    readonly Database _database;

    DatabaseLock(Database database) => _database = database;

    /// <summary>Takes the lock; <see langword="null"/> if the engine does not let go of it.</summary>
    public static DatabaseLock? TryTake(string path)
    {
        var database = new Database(path);
        try
        {
            database.Execute("BEGIN IMMEDIATE");
            return new DatabaseLock(database);
        }
        catch (IOException)
        {
            database.Dispose();
            return null;
        }
    }

    public void Dispose() => _database.Dispose();
}
