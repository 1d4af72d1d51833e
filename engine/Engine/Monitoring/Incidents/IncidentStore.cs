using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Incidents;

/// <summary>
/// The incidents: open, investigating, resolved, closed, each with its timeline. An alert with the label <c>incident</c> begins one, or joins
/// the one with the same value that is not closed; when its last alert resolves, the incident does. Durable. Not thread-safe.
/// </summary>
public sealed partial class IncidentStore
{
    /// <summary>The label of alerts that begin or join incidents.</summary>
    public const string Label = "incident";

    /// <summary>How many entries a timeline may have; further ones are refused, and those of alerts left out.</summary>
    public const int MaxEntries = 1000;

    const string Columns = "id, title, severity, state, affected, root_cause, links, key, created_by, started_at, investigated_at, resolved_at, closed_at";

    readonly NoticeDatabase _database;
    readonly Statement _add, _change, _find, _list, _entry, _entries, _count, _byKey, _period, _prune, _pruneEntries;
    readonly Dictionary<string, HashSet<string>> _firing = new(StringComparer.Ordinal);

    /// <summary>Opens the store.</summary>
    /// <param name="database">The database.</param>
    /// <param name="active">The alerts that fire.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IncidentStore(NoticeDatabase database, IEnumerable<AlertOccurrence> active)
    {
        _database = database;
        var db = database.Database;
        db.Execute("""
            CREATE TABLE IF NOT EXISTS incidents(
              id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, severity TEXT NOT NULL, state INTEGER NOT NULL, affected TEXT NOT NULL, root_cause TEXT, links TEXT NOT NULL,
              key TEXT, created_by TEXT, started_at INTEGER NOT NULL, investigated_at INTEGER, resolved_at INTEGER, closed_at INTEGER);
            CREATE INDEX IF NOT EXISTS incidents_key ON incidents(key) WHERE state < 3;
            CREATE TABLE IF NOT EXISTS incident_entries(
              incident INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, who TEXT, text TEXT NOT NULL, PRIMARY KEY(incident, number)) WITHOUT ROWID;
            """);
        _add = db.Prepare("INSERT INTO incidents(title, severity, state, affected, root_cause, links, key, created_by, started_at) VALUES(?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id");
        _change = db.Prepare("""
            UPDATE incidents SET title = ?2, severity = ?3, state = ?4, affected = ?5, root_cause = ?6, links = ?7, investigated_at = ?8, resolved_at = ?9, closed_at = ?10 WHERE id = ?1
            """);
        _find = db.Prepare($"SELECT {Columns} FROM incidents WHERE id = ?1");
        _list = db.Prepare($"SELECT {Columns} FROM incidents WHERE (?1 IS NULL OR state = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3");
        _entry = db.Prepare("INSERT INTO incident_entries SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM incident_entries WHERE incident = ?1");
        _entries = db.Prepare("SELECT at, kind, who, text, number FROM incident_entries WHERE incident = ?1 ORDER BY number");
        _count = db.Prepare("SELECT count(*) FROM incident_entries WHERE incident = ?1");
        _byKey = db.Prepare($"SELECT {Columns} FROM incidents WHERE key = ?1 AND state < 3 ORDER BY id DESC LIMIT 1");
        _period = db.Prepare("""
            SELECT count(*), avg(investigated_at - started_at), avg(resolved_at - started_at) FROM incidents WHERE started_at >= ?1 AND started_at < ?2
            """);
        _prune = db.Prepare("DELETE FROM incidents WHERE state = 3 AND closed_at < ?1");
        _pruneEntries = db.Prepare("DELETE FROM incident_entries WHERE incident NOT IN (SELECT id FROM incidents)");
        foreach (var alert in active.Where(alert => alert.Labels[Label].Length > 0))
        {
            Firing(alert.Labels[Label]).Add(alert.Id);
        }
    }

    /// <summary>Creates an incident by hand.</summary>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public Incident Create(Incident incident, string who, long now)
    {
        Incident created = incident;
        _database.InTransaction(() => created = Add(incident with { CreatedBy = who, StartedAt = now, Key = null }, "created", who, now));
        return created;
    }

    /// <summary>Changes an incident; a field that is null stays as it is.</summary>
    /// <param name="id">The incident.</param>
    /// <param name="change">Makes the changed incident; its state may be any later one, or investigating again.</param>
    /// <param name="who">Who does it.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    /// <returns>The incident; null if there is none.</returns>
    /// <exception cref="IncidentException">It is closed, or cannot get into the state.</exception>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public Incident? Change(long id, Func<Incident, Incident> change, string who, long now)
    {
        if (Find(id) is not { } before)
        {
            return null;
        }

        var after = change(before);
        if (before.State == IncidentState.Closed)
        {
            throw new IncidentException("a closed incident cannot be changed: create another one that links to it");
        }

        if (after.State == IncidentState.Open && before.State != IncidentState.Open)
        {
            throw new IncidentException("an incident cannot be opened again: set it to investigating");
        }

        after = Moved(before, after, now);
        _database.InTransaction(() =>
        {
            Save(after);
            if (after.State != before.State)
            {
                Append(id, new IncidentEntry(now, "state", who, NameOf(after.State)));
            }

            if (after.RootCause != before.RootCause || after.Title != before.Title || after.Severity != before.Severity || !after.Affected.SequenceEqual(before.Affected)
                || !after.Links.SequenceEqual(before.Links))
            {
                Append(id, new IncidentEntry(now, "change", who, $"{after.Title} ({after.Severity}){(after.RootCause is null ? "" : $", cause: {after.RootCause}")}"));
            }
        });
        return after;
    }

    /// <summary>Adds an entry to a timeline.</summary>
    /// <returns><see langword="false"/> if there is no such incident.</returns>
    /// <exception cref="IncidentException">It is closed, or the timeline is full.</exception>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public bool Note(long id, IncidentEntry entry)
    {
        if (Find(id) is not { } incident)
        {
            return false;
        }

        if (incident.State == IncidentState.Closed || _count.With(id).Number() >= MaxEntries)
        {
            throw new IncidentException(incident.State == IncidentState.Closed ? "a closed incident takes no entries" : $"a timeline has at most {MaxEntries} entries");
        }

        _database.InTransaction(() => Append(id, entry));
        return true;
    }

    /// <summary>Follows what happened to an alert.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="change">What happened.</param>
    /// <param name="who">Who did it; null for the engine.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public void Follow(AlertOccurrence alert, AlertChange change, string? who, long now)
    {
        var key = alert.Labels[Label];
        if (key.Length == 0)
        {
            return;
        }

        var firing = Firing(key);
        var incident = One(_byKey.With(key));
        var text = $"{alert.Name}: {AlertText(change)}";
        switch (change)
        {
            case AlertChange.Fired or AlertChange.Reopened:
                if (firing.Add(alert.Id))
                {
                    _database.OnRollback(() => Remove(key, alert.Id));
                }

                if (incident is null)
                {
                    var summary = alert.Annotations["summary"];
                    incident = Add(new Incident
                    {
                        Title = summary.Length > 0 ? summary : alert.Name,
                        Severity = alert.Labels["severity"] is { Length: > 0 } severity ? severity : "warning",
                        Affected = alert.Labels["service"] is { Length: > 0 } service ? [service] : [],
                        Key = key,
                        StartedAt = now,
                    }, "created", null, now);
                }
                else if (incident.State == IncidentState.Resolved)
                {
                    incident = Set(incident, incident.InvestigatedAt is null ? IncidentState.Open : IncidentState.Investigating, now);
                }

                Append(incident.Id, new IncidentEntry(now, "alert", null, text));
                break;
            case AlertChange.Acknowledged when incident is not null:
                Append(incident.Id, new IncidentEntry(now, "alert", who, text));
                if (incident.State == IncidentState.Open)
                {
                    Set(incident, IncidentState.Investigating, now);
                }

                break;
            case AlertChange.Resolved or AlertChange.ResolvedByHand or AlertChange.Expired:
                if (firing.Remove(alert.Id))
                {
                    _database.OnRollback(() => Firing(key).Add(alert.Id));
                }

                if (incident is not null)
                {
                    Append(incident.Id, new IncidentEntry(now, "alert", who, text));
                    if (firing.Count == 0 && incident.State != IncidentState.Resolved)
                    {
                        Set(incident, IncidentState.Resolved, now);
                    }
                }

                break;
        }

        if (firing.Count == 0)
        {
            _firing.Remove(key);
        }
    }

    /// <summary>Finds an incident; null if there is none.</summary>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public Incident? Find(long id) => One(_find.With(id));

    /// <summary>Lists incidents, the newest first.</summary>
    /// <param name="state">Only those in this state; null for all.</param>
    /// <param name="before">Only those with a smaller number.</param>
    /// <param name="limit">How many.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public IReadOnlyList<Incident> List(IncidentState? state, long before, int limit)
    {
        List<Incident> found = [];
        _list.With((long?)state).With(before).With((long)limit);
        while (_list.Next())
        {
            found.Add(Read(_list));
        }

        return found;
    }

    /// <summary>Reads a timeline, in order.</summary>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public IReadOnlyList<IncidentEntry> Timeline(long id)
    {
        List<IncidentEntry> found = [];
        _entries.With(id);
        while (_entries.Next())
        {
            found.Add(new IncidentEntry(_entries.Long(0), _entries.Text(1), _entries.TextOrNull(2), _entries.Text(3)) { Number = _entries.Long(4) });
        }

        return found;
    }

    /// <summary>Computes the figures of the incidents that began in a period.</summary>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public IncidentFigures Figures(long from, long to)
    {
        _period.With(from).With(to).Next();
        var figures = new IncidentFigures(_period.Int(0), Time(_period.DoubleOrNull(1)), Time(_period.DoubleOrNull(2)));
        _period.Reset();
        return figures;

        static TimeSpan? Time(double? milliseconds) => milliseconds is { } mean ? TimeSpan.FromMilliseconds(mean) : null;
    }

    /// <summary>Deletes incidents that were closed before a time.</summary>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public void Prune(long before) => _database.InTransaction(() =>
    {
        _prune.With(before).Run();
        _pruneEntries.Run();
    });

    /// <summary>The name of a state.</summary>
    public static string NameOf(IncidentState state) => state switch
    {
        IncidentState.Open => "open",
        IncidentState.Investigating => "investigating",
        IncidentState.Resolved => "resolved",
        _ => "closed",
    };

    static string AlertText(AlertChange change) => change switch
    {
        AlertChange.Fired or AlertChange.Reopened => "firing",
        AlertChange.Acknowledged => "acknowledged",
        _ => "resolved",
    };

    HashSet<string> Firing(string key) => _firing.TryGetValue(key, out var firing) ? firing : _firing[key] = new HashSet<string>(StringComparer.Ordinal);

    void Remove(string key, string alert) => _firing.GetValueOrDefault(key)?.Remove(alert);

    static Incident Moved(Incident before, Incident after, long now) => after with
    {
        InvestigatedAt = after.State >= IncidentState.Investigating ? before.InvestigatedAt ?? now : null,
        ResolvedAt = after.State >= IncidentState.Resolved ? (before.State >= IncidentState.Resolved ? before.ResolvedAt : now) : null,
        ClosedAt = after.State == IncidentState.Closed ? now : null,
    };

    // By alerts: nobody has investigated what resolved by itself.
    Incident Set(Incident incident, IncidentState state, long now)
    {
        var after = Moved(incident, incident with { State = state }, now);
        after = state == IncidentState.Resolved ? after with { InvestigatedAt = incident.InvestigatedAt } : after;
        Save(after);
        Append(incident.Id, new IncidentEntry(now, "state", null, NameOf(state)));
        return after;
    }

    Incident Add(Incident incident, string text, string? who, long now)
    {
        var id = _add.With(incident.Title).With(incident.Severity).With(Join(incident.Affected)).With(incident.RootCause).With(Join(incident.Links)).With(incident.Key)
            .With(incident.CreatedBy).With(incident.StartedAt).Number() ?? 0;
        Append(id, new IncidentEntry(now, "state", who, text));
        return incident with { Id = id, State = IncidentState.Open };
    }

    void Save(Incident incident) => _change.With(incident.Id).With(incident.Title).With(incident.Severity).With((long)incident.State).With(Join(incident.Affected)).With(incident.RootCause)
        .With(Join(incident.Links)).With(incident.InvestigatedAt).With(incident.ResolvedAt).With(incident.ClosedAt).Run();

    void Append(long id, IncidentEntry entry)
    {
        if (_count.With(id).Number() < MaxEntries)
        {
            _entry.With(id).With(entry.At).With(entry.Kind).With(entry.Who).With(entry.Text).Run();
        }
    }

    static Incident? One(Statement statement)
    {
        var found = statement.Next() ? Read(statement) : null;
        statement.Reset();
        return found;
    }

    static string Join(IReadOnlyList<string> texts) => string.Join('\n', texts);

    static string[] Split(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    static Incident Read(Statement row) => new()
    {
        Id = row.Long(0),
        Title = row.Text(1),
        Severity = row.Text(2),
        State = (IncidentState)row.Int(3),
        Affected = Split(row.Text(4)),
        RootCause = row.TextOrNull(5),
        Links = Split(row.Text(6)),
        Key = row.TextOrNull(7),
        CreatedBy = row.TextOrNull(8),
        StartedAt = row.Long(9),
        InvestigatedAt = row.LongOrNull(10),
        ResolvedAt = row.LongOrNull(11),
        ClosedAt = row.LongOrNull(12),
    };
}
