using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>Keeps the rules that were created over the API. A change is durable when its method returns. Thread-safe.</summary>
public sealed class ManagedRuleStore : IDisposable
{
    /// <summary>How many rules there may be.</summary>
    public const int MaxRules = 1000;

    readonly Lock _gate = new();
    readonly Database _database;
    readonly Statement _save;
    readonly Statement _drop;
    readonly Dictionary<string, ManagedRule> _rules = new(StringComparer.Ordinal);

    /// <summary>Opens the store.</summary>
    /// <param name="path">The database, which may have other tables.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public ManagedRuleStore(string path)
    {
        _database = new Database(path);
        _database.Execute("""
            CREATE TABLE IF NOT EXISTS managed_rules(
              id TEXT PRIMARY KEY, body TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL, updated_by TEXT NOT NULL, updated_at INTEGER NOT NULL) WITHOUT ROWID
            """);
        _save = _database.Prepare("INSERT OR REPLACE INTO managed_rules VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _drop = _database.Prepare("DELETE FROM managed_rules WHERE id = ?1");
        var all = _database.Prepare("SELECT id, body, created_by, created_at, updated_by, updated_at FROM managed_rules");
        while (all.Next())
        {
            _rules[all.Text(0)] = new ManagedRule(all.Text(0), all.Text(1), all.Text(2), all.Long(3), all.Text(4), all.Long(5));
        }
    }

    /// <summary>All rules, the oldest first.</summary>
    public IReadOnlyList<ManagedRule> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _rules.Values.OrderBy(rule => rule.CreatedAt).ThenBy(rule => rule.Id, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Finds a rule; null if there is none.</summary>
    public ManagedRule? Find(string id)
    {
        lock (_gate)
        {
            return _rules.GetValueOrDefault(id);
        }
    }

    /// <summary>Stores a rule, new or changed.</summary>
    /// <returns><see langword="false"/> if it is new and there are too many.</returns>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public bool TrySet(ManagedRule rule)
    {
        lock (_gate)
        {
            if (_rules.Count >= MaxRules && !_rules.ContainsKey(rule.Id))
            {
                return false;
            }

            _save.With(rule.Id).With(rule.Body).With(rule.CreatedBy).With(rule.CreatedAt).With(rule.UpdatedBy).With(rule.UpdatedAt).Run();
            _rules[rule.Id] = rule;
            return true;
        }
    }

    /// <summary>Deletes a rule.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public bool Delete(string id)
    {
        lock (_gate)
        {
            _drop.With(id).Run();
            return _rules.Remove(id);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _database.Dispose();
        }
    }
}
