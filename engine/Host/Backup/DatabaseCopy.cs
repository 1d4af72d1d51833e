using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CartRecovery.Host.Backup;

/// <summary>Copies an SQLite database that is in use as one snapshot, by SQLite's online backup. Does not block writers.</summary>
static class DatabaseCopy
{
    const int BusyTimeoutSeconds = 60;

    static DatabaseCopy() => raw.SetProvider(new SQLite3Provider_e_sqlite3());

    /// <summary>Copies a database.</summary>
    /// <param name="path">The database.</param>
    /// <param name="target">The copy; an existing file is replaced.</param>
    /// <exception cref="IOException">The database cannot be copied.</exception>
    public static void Make(string path, string target)
    {
        File.Delete(target);
        try
        {
            using var source = Open(path, SqliteOpenMode.ReadWrite);
            using var copy = Open(target, SqliteOpenMode.ReadWriteCreate);
            source.BackupDatabase(copy);

            // Leaves WAL mode, so that the copy is one file.
            using var command = copy.CreateCommand();
            command.CommandText = "PRAGMA journal_mode=DELETE";
            command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            throw new BackupException("backup_database", $"{path} cannot be copied: {e.Message}");
        }
    }

    static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = BusyTimeoutSeconds }.ToString());
        connection.Open();
        return connection;
    }
}
