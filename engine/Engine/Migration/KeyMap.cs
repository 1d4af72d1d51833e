using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Migration;

/// <summary>
/// Maps the keys of carts, customers and customers in carts from one way of hashing to another, in an SQLite file so that there may be more
/// than fit in memory. One thread.
/// </summary>
public sealed class KeyMap : IDisposable
{
    readonly Database _database;
    readonly Statement _add, _find;

    /// <summary>Opens the file, and creates it if it does not exist.</summary>
    /// <exception cref="IOException">It cannot be used.</exception>
    public KeyMap(string path)
    {
        _database = new Database(path);
        _database.Execute("CREATE TABLE IF NOT EXISTS keys(former BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID; BEGIN");
        _add = _database.Prepare("INSERT OR IGNORE INTO keys(former, key) VALUES(?1, ?2)");
        _find = _database.Prepare("SELECT key FROM keys WHERE former=?1");
    }

    /// <summary>Adds a key.</summary>
    public void Add(in Hash128 former, in Hash128 key) => _add.With(former).With(key).Run();

    /// <summary>Returns the present key; <see langword="null"/> if the former one is unknown.</summary>
    public Hash128? Find(in Hash128 former)
    {
        if (!_find.With(former).Next())
        {
            return null;
        }

        var key = _find.Key(0);
        _find.Reset();
        return key;
    }

    /// <summary>Makes what was added durable.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save() => _database.Execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); BEGIN");

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();
}
