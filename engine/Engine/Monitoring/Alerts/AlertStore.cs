using System.Globalization;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>
/// Keeps the alerts of rule groups in SQLite, so that a restart changes no state and sends nothing twice. An evaluation is one
/// transaction that writes only what changed. Not thread-safe.
/// </summary>
public sealed class AlertStore : IDisposable
{
    const int Version = 1;

    readonly Database _database;
    readonly Statement _save;
    readonly Statement _drop;
    readonly Statement _evaluated;
    readonly Statement _dropAlerts;
    readonly Statement _dropGroup;
    readonly Statement _alerts;
    readonly Statement _group;

    /// <summary>Opens the store; creates it if it is missing.</summary>
    /// <param name="path">The database file.</param>
    /// <exception cref="IOException">It cannot be opened, or a newer version wrote it.</exception>
    public AlertStore(string path)
    {
        _database = new Database(path);
        var version = _database.Prepare("PRAGMA user_version").Number() ?? 0;
        if (version > Version)
        {
            _database.Dispose();
            throw new IOException($"{path} is of a newer version ({version}); this one reads up to {Version}");
        }

        _database.Execute("""
            CREATE TABLE IF NOT EXISTS alerts(
              "group" TEXT NOT NULL, rule TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL, state INTEGER NOT NULL, value REAL,
              active_at INTEGER NOT NULL, fired_at INTEGER NOT NULL, resolved_at INTEGER NOT NULL, sent_at INTEGER NOT NULL, kept_since INTEGER NOT NULL,
              PRIMARY KEY("group", rule, labels)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS alert_groups("group" TEXT PRIMARY KEY, evaluated_at INTEGER NOT NULL) WITHOUT ROWID;
            """);
        _database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version={Version}"));
        _database.Execute("PRAGMA wal_autocheckpoint=1000");
        _save = _database.Prepare("INSERT OR REPLACE INTO alerts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
        _drop = _database.Prepare("DELETE FROM alerts WHERE \"group\" = ?1 AND rule = ?2 AND labels = ?3");
        _dropAlerts = _database.Prepare("DELETE FROM alerts WHERE \"group\" = ?1");
        _dropGroup = _database.Prepare("DELETE FROM alert_groups WHERE \"group\" = ?1");
        _evaluated = _database.Prepare("INSERT OR REPLACE INTO alert_groups VALUES(?1, ?2)");
        _alerts = _database.Prepare("SELECT rule, labels, annotations, state, value, active_at, fired_at, resolved_at, sent_at, kept_since FROM alerts WHERE \"group\" = ?1");
        _group = _database.Prepare("SELECT evaluated_at FROM alert_groups WHERE \"group\" = ?1");
    }

    /// <summary>Restores a group that has not been evaluated yet.</summary>
    /// <param name="runner">The group. Alerts of rules that it no longer has are dropped from the store.</param>
    /// <param name="now">The time in milliseconds since the Unix epoch.</param>
    /// <exception cref="IOException">The store cannot be read.</exception>
    public void Restore(RuleGroupRunner runner, long now)
    {
        if (_group.With(runner.Group.Key).Number() is not { } evaluated)
        {
            return;
        }

        var places = Keys(runner).Select((key, place) => (key, place)).ToDictionary(pair => pair.key, pair => pair.place, StringComparer.Ordinal);
        List<(int, Alert)> alerts = [];
        List<(string Rule, string Labels)> unknown = [];
        _alerts.With(runner.Group.Key);
        while (_alerts.Next())
        {
            if (!places.TryGetValue(_alerts.Text(0), out var place))
            {
                unknown.Add((_alerts.Text(0), _alerts.Text(1)));
                continue;
            }

            alerts.Add((place, new Alert
            {
                Labels = LabelText.Read(_alerts.Text(1)),
                Annotations = LabelText.Read(_alerts.Text(2)),
                State = (AlertState)_alerts.Int(3),
                Value = _alerts.DoubleOrNull(4) ?? double.NaN,
                ActiveAt = _alerts.Long(5),
                FiredAt = _alerts.Long(6),
                ResolvedAt = _alerts.Long(7),
                LastSentAt = _alerts.Long(8),
                KeepFiringSince = _alerts.Long(9),
                IsChanged = false,
            }));
        }

        foreach (var (rule, labels) in unknown)
        {
            _drop.With(runner.Group.Key).With(rule).With(labels).Run();
        }

        runner.Restore(alerts, evaluated, now);
    }

    /// <summary>Writes what an evaluation changed, before its messages are sent.</summary>
    /// <exception cref="IOException">The store cannot be written; nothing was.</exception>
    public void Save(RuleGroupRunner runner)
    {
        _database.Execute("BEGIN IMMEDIATE");
        try
        {
            foreach (var (key, state) in Keys(runner).Zip(runner.Rules.Select(rule => rule.Alerts)))
            {
                if (state is not null)
                {
                    Save(runner.Group.Key, key, state);
                }
            }

            _evaluated.With(runner.Group.Key).With(runner.LastEvaluation).Run();
            _database.Execute("COMMIT");
        }
        catch (IOException)
        {
            _database.Execute("ROLLBACK");
            throw;
        }

        foreach (var alert in runner.AlertRules.SelectMany(rule => rule.Alerts))
        {
            alert.IsChanged = false;
        }
    }

    /// <summary>Forgets a group.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public void Drop(string group)
    {
        _dropAlerts.With(group).Run();
        _dropGroup.With(group).Run();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _database.Checkpoint();
        _database.Dispose();
    }

    void Save(string group, string rule, AlertRuleState state)
    {
        foreach (var labels in state.TakeDropped())
        {
            _drop.With(group).With(rule).With(LabelText.Write(labels)).Run();
        }

        foreach (var alert in state.Alerts.Where(alert => alert.IsChanged))
        {
            _save.With(group).With(rule).With(LabelText.Write(alert.Labels)).With(LabelText.Write(alert.Annotations)).With((long)alert.State).With((double?)alert.Value)
                .With(alert.ActiveAt).With(alert.FiredAt).With(alert.ResolvedAt).With(alert.LastSentAt).With(alert.KeepFiringSince).Run();
        }
    }

    // A rule is known by its name and expression, so that rules may move within their group. Of several equal ones, the first is 0.
    static List<string> Keys(RuleGroupRunner runner)
    {
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        List<string> keys = [];
        foreach (var (rule, _, _) in runner.Rules)
        {
            var text = $"{rule.Name}\n{rule.Query.Text}";
            var number = seen[text] = seen.GetValueOrDefault(text, -1) + 1;
            keys.Add(string.Create(CultureInfo.InvariantCulture, $"{number}\n{text}"));
        }

        return keys;
    }
}
