using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>
/// The alerts that fire and those that did, with what people did to them: acknowledgements, which last until the alert resolves, and
/// resolutions by hand, after which the rule's alert stays quiet until the rule itself has resolved it. Durable. Not thread-safe.
/// </summary>
public sealed class AlertLog
{
    /// <summary>How many alerts may fire at once; further ones are not taken.</summary>
    public const int MaxActive = 200_000;

    // Four times the longest interval of a group that makes sense.
    const long MaxRenewal = 4 * 3_600_000;

    const string Columns = "number, id, labels, annotations, rule, generator, value, started_at, ended_at, resolved_at, acknowledged_at, acknowledged_by, resolved_by, note";

    readonly NoticeDatabase _database;
    readonly Dictionary<SeriesLabels, AlertOccurrence> _active = [];
    readonly Dictionary<string, SeriesLabels> _byId = new(StringComparer.Ordinal);
    readonly Dictionary<SeriesLabels, long> _closedByHand = [];
    // Of the transaction under way: what fired with these labels before it.
    readonly Dictionary<SeriesLabels, AlertOccurrence?> _before = [];
    readonly Statement _add;
    readonly Statement _change;
    readonly Statement _step;
    readonly Statement _find;
    readonly Statement _steps;
    readonly Statement _pruneSteps;
    readonly Statement _prune;
    readonly Statement _last;
    readonly Statement _page;
    readonly Statement _count;

    /// <summary>Opens the log.</summary>
    /// <param name="database">The database.</param>
    /// <param name="now">Milliseconds since the Unix epoch. The alerts of the engine's own rules, whose renewals are not written, last from now
    /// on as long as one message makes them last.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public AlertLog(NoticeDatabase database, long now)
    {
        _database = database;
        var db = database.Database;
        _add = db.Prepare("""
            INSERT INTO occurrences(id, labels, annotations, severity, service, rule, generator, value, started_at, ended_at)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING number
            """);
        _change = db.Prepare("""
            UPDATE occurrences SET annotations = ?2, value = ?3, ended_at = ?4, resolved_at = ?5, acknowledged_at = ?6, acknowledged_by = ?7,
              resolved_by = ?8, note = ?9 WHERE number = ?1
            """);
        _step = db.Prepare("INSERT INTO transitions SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM transitions WHERE occurrence = ?1");
        _find = db.Prepare($"SELECT {Columns} FROM occurrences WHERE id = ?1");
        _steps = db.Prepare("SELECT at, kind, who, note FROM transitions WHERE occurrence = ?1 ORDER BY number");
        _pruneSteps = db.Prepare("DELETE FROM transitions WHERE occurrence IN (SELECT number FROM occurrences WHERE resolved_at < ?1 OR (resolved_at IS NOT NULL AND number <= ?2))");
        _prune = db.Prepare("DELETE FROM occurrences WHERE resolved_at < ?1 OR (resolved_at IS NOT NULL AND number <= ?2)");
        _last = db.Prepare("SELECT max(number) FROM occurrences");
        const string where = "WHERE (?1 IS NULL OR severity = ?1) AND (?2 IS NULL OR service = ?2)";
        _page = db.Prepare($"SELECT {Columns} FROM occurrences {where} ORDER BY number DESC LIMIT ?3 OFFSET ?4");
        _count = db.Prepare($"SELECT count(*) FROM occurrences {where}");
        var active = db.Prepare($"SELECT {Columns} FROM occurrences WHERE resolved_at IS NULL");
        while (active.Next())
        {
            var alert = Read(active);
            Remember(alert.Rule.Length == 0 ? alert
                : alert with { EndsAt = Math.Max(alert.EndsAt, now + Math.Clamp(alert.EndsAt - alert.StartedAt, 0, MaxRenewal)) });
        }

        // Newest last, so that it wins.
        var closed = db.Prepare("SELECT labels, started_at FROM (SELECT number, labels, started_at FROM occurrences WHERE resolved_by IS NOT NULL ORDER BY number DESC LIMIT 10000) ORDER BY number");
        while (closed.Next())
        {
            _closedByHand[LabelText.Read(closed.Text(0))] = closed.Long(1);
        }
    }

    /// <summary>The alerts that fire.</summary>
    public IReadOnlyCollection<AlertOccurrence> Active => _active.Values;

    /// <summary>Receives each step in the life of an alert, within the transaction that stores it: the alert, the step, and who took it.</summary>
    public Action<AlertOccurrence, AlertChange, string?, long>? OnChange { get; set; }

    /// <summary>How many alerts were not taken because too many fire.</summary>
    public long Dropped { get; private set; }

    /// <summary>Whether somebody has acknowledged an alert that fires.</summary>
    public bool IsAcknowledged(SeriesLabels labels) => _active.TryGetValue(labels, out var alert) && alert.AcknowledgedAt is not null;

    /// <summary>Finds an alert that fires; null if there is none.</summary>
    public AlertOccurrence? Find(SeriesLabels labels) => _active.GetValueOrDefault(labels);

    /// <summary>Finds an occurrence; null if there is none.</summary>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public AlertOccurrence? Find(string id)
    {
        if (_byId.TryGetValue(id, out var labels))
        {
            return _active[labels];
        }

        var found = _find.With(id).Next() ? Read(_find) : null;
        _find.Reset();
        return found;
    }

    /// <summary>Takes what rules or programs send, as one transaction.</summary>
    /// <returns>What the dispatcher gets: without alerts that were resolved by hand.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public IReadOnlyList<AlertMessage> Take(IReadOnlyList<AlertMessage> messages, long now)
    {
        List<AlertMessage> passed = new(messages.Count);
        InTransaction(() =>
        {
            foreach (var message in messages)
            {
                if (message.IsResolved || message.EndsAt <= now)
                {
                    _closedByHand.Remove(message.Labels);
                    if (_active.TryGetValue(message.Labels, out var alert))
                    {
                        Close(alert with { ResolvedAt = Math.Min(message.EndsAt, now) }, AlertChange.Resolved, now);
                    }

                    passed.Add(message);
                }
                else if (TakeFiring(message, now))
                {
                    // A program that was restarted names another start of what fires on.
                    var start = _active[message.Labels].StartedAt;
                    passed.Add(start == message.StartsAt ? message : message with { StartsAt = start });
                }
            }
        });
        return passed;
    }

    /// <summary>Resolves alerts that nobody renewed before their end.</summary>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public void Expire(long now)
    {
        var over = _active.Values.Where(alert => alert.EndsAt <= now).ToList();
        if (over.Count > 0)
        {
            InTransaction(() => over.ForEach(alert => Close(alert with { ResolvedAt = alert.EndsAt }, AlertChange.Expired, now)));
        }
    }

    /// <summary>Acknowledges an alert that fires. The first to do so is named; a later one is noted in the history.</summary>
    /// <returns>The alert; null if it does not fire.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public AlertOccurrence? Acknowledge(string id, string who, string? note, long now)
    {
        if (!_byId.TryGetValue(id, out var labels))
        {
            return null;
        }

        var alert = _active[labels];
        alert = alert.AcknowledgedAt is null ? alert with { AcknowledgedAt = now, AcknowledgedBy = who } : alert;
        InTransaction(() => Save(alert, AlertChange.Acknowledged, now, who, note));
        return _active[labels] = alert;
    }

    /// <summary>Resolves an alert that fires.</summary>
    /// <returns>The alert; null if it does not fire.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public AlertOccurrence? Resolve(string id, string who, string? note, long now)
    {
        if (!_byId.TryGetValue(id, out var labels))
        {
            return null;
        }

        var alert = _active[labels] with { ResolvedAt = now, ResolvedBy = who, Note = note };
        InTransaction(() => Close(alert, AlertChange.ResolvedByHand, now));
        _closedByHand[labels] = alert.StartedAt;
        return alert;
    }

    /// <summary>Reads the history, the newest first.</summary>
    /// <param name="severity">Only alerts of this severity; null for all.</param>
    /// <param name="service">Only alerts of this service; null for all.</param>
    /// <param name="limit">How many.</param>
    /// <param name="offset">How many to skip.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public (IReadOnlyList<AlertOccurrence> Alerts, long Total) History(string? severity, string? service, int limit, int offset)
    {
        List<AlertOccurrence> page = [];
        for (_page.With(severity).With(service).With((long)limit).With((long)offset); _page.Next();)
        {
            page.Add(Read(_page));
        }

        return (page, _count.With(severity).With(service).Number() ?? 0);
    }

    /// <summary>Reads what happened to an alert, in order.</summary>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public IReadOnlyList<AlertTransition> Transitions(AlertOccurrence alert)
    {
        List<AlertTransition> steps = [];
        for (_steps.With(alert.Number); _steps.Next();)
        {
            steps.Add(new AlertTransition(_steps.Long(0), (AlertChange)_steps.Int(1), _steps.TextOrNull(2), _steps.TextOrNull(3)));
        }

        return steps;
    }

    /// <summary>Deletes the oldest resolved alerts.</summary>
    /// <param name="before">Those that were resolved before this time.</param>
    /// <param name="keep">How many of the newest are kept at most.</param>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public void Prune(long before, int keep)
    {
        var last = (_last.Number() ?? 0) - keep;
        InTransaction(() =>
        {
            _pruneSteps.With(before).With(last).Run();
            _prune.With(before).With(last).Run();
        });
    }

    // What fires is changed along with the database, and put back if that fails.
    void InTransaction(Action changes)
    {
        _before.Clear();
        try
        {
            _database.InTransaction(changes);
        }
        catch
        {
            foreach (var labels in _before.Keys)
            {
                Forget(labels);
            }

            _before.Values.OfType<AlertOccurrence>().ToList().ForEach(Remember);
            throw;
        }
    }

    bool TakeFiring(AlertMessage message, long now)
    {
        if (_active.TryGetValue(message.Labels, out var alert))
        {
            var changed = alert with { Annotations = message.Annotations, Value = message.Value, EndsAt = message.EndsAt };
            _active[message.Labels] = changed;

            // The engine's own rules say all of it again after a restart.
            if (message.Rule.Length == 0)
            {
                Update(changed);
            }

            return true;
        }

        if (_closedByHand.TryGetValue(message.Labels, out var closed) && closed == message.StartsAt)
        {
            return false;
        }

        if (_active.Count >= MaxActive)
        {
            Dropped++;
            return false;
        }

        var id = AlertOccurrence.IdOf(message.Labels, message.StartsAt);
        if (Find(id) is { } former)
        {
            former = former with { Annotations = message.Annotations, Value = message.Value, EndsAt = message.EndsAt, ResolvedAt = null };
            Save(former, AlertChange.Reopened, now, null, null);
            Remember(former);
            return true;
        }

        var value = double.IsFinite(message.Value) ? message.Value : (double?)null;
        var number = _add.With(id).With(LabelText.Write(message.Labels)).With(LabelText.Write(message.Annotations)).With(message.Labels["severity"])
            .With(message.Labels["service"]).With(message.Rule).With(message.GeneratorUrl).With(value).With(message.StartsAt).With(message.EndsAt).Number() ?? 0;
        _step.With(number).With(now).With((long)AlertChange.Fired).With((string?)null).With((string?)null).Run();
        var fired = new AlertOccurrence
        {
            Number = number,
            Id = id,
            Labels = message.Labels,
            Annotations = message.Annotations,
            Rule = message.Rule,
            GeneratorUrl = message.GeneratorUrl,
            Value = message.Value,
            StartedAt = message.StartsAt,
            EndsAt = message.EndsAt,
        };
        Remember(fired);
        OnChange?.Invoke(fired, AlertChange.Fired, null, now);
        return true;
    }

    void Close(AlertOccurrence alert, AlertChange change, long now)
    {
        Save(alert, change, now, alert.ResolvedBy, alert.Note);
        _before.TryAdd(alert.Labels, _active.GetValueOrDefault(alert.Labels));
        Forget(alert.Labels);
    }

    void Save(AlertOccurrence alert, AlertChange change, long now, string? who, string? note)
    {
        Update(alert);
        _step.With(alert.Number).With(now).With((long)change).With(who).With(note).Run();
        OnChange?.Invoke(alert, change, who, now);
    }

    void Update(AlertOccurrence alert) => _change.With(alert.Number).With(LabelText.Write(alert.Annotations))
        .With(double.IsFinite(alert.Value) ? alert.Value : (double?)null).With(alert.EndsAt).With(alert.ResolvedAt)
        .With(alert.AcknowledgedAt).With(alert.AcknowledgedBy).With(alert.ResolvedBy).With(alert.Note).Run();

    void Forget(SeriesLabels labels) => _ = _active.Remove(labels, out var alert) && _byId.Remove(alert.Id);

    void Remember(AlertOccurrence alert)
    {
        _before.TryAdd(alert.Labels, _active.GetValueOrDefault(alert.Labels));
        _active[alert.Labels] = alert;
        _byId[alert.Id] = alert.Labels;
    }

    static AlertOccurrence Read(Statement row) => new()
    {
        Number = row.Long(0),
        Id = row.Text(1),
        Labels = LabelText.Read(row.Text(2)),
        Annotations = LabelText.Read(row.Text(3)),
        Rule = row.Text(4),
        GeneratorUrl = row.Text(5),
        Value = row.DoubleOrNull(6) ?? double.NaN,
        StartedAt = row.Long(7),
        EndsAt = row.Long(8),
        ResolvedAt = row.LongOrNull(9),
        AcknowledgedAt = row.LongOrNull(10),
        AcknowledgedBy = row.TextOrNull(11),
        ResolvedBy = row.TextOrNull(12),
        Note = row.TextOrNull(13),
    };
}
