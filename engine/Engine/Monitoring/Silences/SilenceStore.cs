using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Silences;

/// <summary>The silences, in memory and in the database. A change is durable when its method returns. Not thread-safe.</summary>
public sealed class SilenceStore
{
    /// <summary>How many silences there may be that have not ended.</summary>
    public const int MaxSilences = 10_000;

    /// <summary>How many matchers a silence may have.</summary>
    public const int MaxMatchers = 50;

    const int MaxText = 4096;

    readonly NoticeDatabase _database;
    readonly Dictionary<string, Silence> _silences = new(StringComparer.Ordinal);
    readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    readonly Statement _save;
    readonly Statement _drop;

    /// <summary>Opens the store.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SilenceStore(NoticeDatabase database)
    {
        _database = database;
        _save = database.Database.Prepare("INSERT OR REPLACE INTO silences VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        _drop = database.Database.Prepare("DELETE FROM silences WHERE id = ?1");
        var all = database.Database.Prepare("SELECT id, matchers, starts_at, ends_at, updated_at, created_by, comment, warned, recurrence FROM silences");
        while (all.Next())
        {
            // One that cannot be read hides nothing, and keeps no engine from starting.
            if (NoticeMatchers.TryParse(all.Text(1)) is not { } matchers || !TryRead(all.Text(8), out var recurrence))
            {
                continue;
            }

            _silences[all.Text(0)] = new Silence
            {
                Id = all.Text(0),
                Matchers = matchers,
                StartsAt = all.Long(2),
                EndsAt = all.Long(3),
                UpdatedAt = all.Long(4),
                CreatedBy = all.Text(5),
                Comment = all.Text(6),
                Recurrence = recurrence,
            };
            if (all.Long(7) != 0)
            {
                _warned.Add(all.Text(0));
            }
        }
    }

    /// <summary>All silences, those that have ended lately among them.</summary>
    public IReadOnlyCollection<Silence> All => _silences.Values;

    /// <summary>Finds a silence; null if there is none.</summary>
    public Silence? Find(string id) => _silences.GetValueOrDefault(id);

    /// <summary>The silences that hide an alert.</summary>
    public IEnumerable<Silence> Hiding(SeriesLabels labels, long now) =>
        _silences.Values.Where(silence => silence.Hides(labels, now));

    /// <summary>Whether an alert is hidden.</summary>
    public bool IsSilenced(SeriesLabels labels, long now)
    {
        foreach (var silence in _silences.Values)
        {
            if (silence.Hides(labels, now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Creates or changes a silence, as Alertmanager does: one that hides other alerts than before, or has begun at another time, ends, and a
    /// new one takes its place.
    /// </summary>
    /// <returns>The silence, with its id.</returns>
    /// <exception cref="SilenceException">It is invalid, unknown, or there are too many.</exception>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public Silence Set(Silence silence, long now)
    {
        Check(silence, now);
        var before = silence.Id.Length == 0 ? null
            : Find(silence.Id) ?? throw new SilenceException($"silence {silence.Id} not found: leave its id out to create a new one");
        var set = silence;
        _database.InTransaction(() => set = before is not null && CanChange(before, silence, now) ? Change(silence with { UpdatedAt = now }) : Replace(before, silence, now));
        return set;
    }

    /// <summary>Ends a silence now. One that has not begun never begins.</summary>
    /// <returns>The silence; null if there is none, or it has ended.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public Silence? Expire(string id, long now) => Find(id) is { } silence && silence.StateAt(now) != SilenceState.Expired
        ? Save(silence with { EndsAt = now, StartsAt = Math.Min(silence.StartsAt, now), UpdatedAt = now }) : null;

    /// <summary>Returns the silences in force that end soon, each once; the end of a recurring silence's window is none.</summary>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    /// <param name="within">How long before its end a silence is returned, in milliseconds. One that is shorter than twice that is not.</param>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public IReadOnlyList<Silence> TakeEnding(long now, long within)
    {
        List<Silence> ending = [.. _silences.Values.Where(silence => silence.IsInForce(now)
            && silence.EndsAt - now <= within && silence.EndsAt - silence.StartsAt >= 2 * within && !_warned.Contains(silence.Id))];
        if (ending.Count > 0)
        {
            _database.InTransaction(() => ending.ForEach(silence =>
            {
                _warned.Add(silence.Id);
                _database.OnRollback(() => _warned.Remove(silence.Id));
                Save(silence);
            }));
        }

        return ending;
    }

    /// <summary>Forgets silences that ended before a time.</summary>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public void Prune(long before)
    {
        foreach (var silence in _silences.Values.Where(silence => silence.EndsAt < before).ToList())
        {
            _drop.With(silence.Id).Run();
            _silences.Remove(silence.Id);
            _warned.Remove(silence.Id);
        }
    }

    // What was hidden so far stays as it was: only the end, the author and the comment of a silence in force change.
    static bool CanChange(Silence before, Silence after, long now) =>
        NoticeMatchers.Format(before.Matchers) == NoticeMatchers.Format(after.Matchers) && before.Recurrence?.Text == after.Recurrence?.Text && now < before.EndsAt
        && (before.IsInForce(now) ? before.StartsAt == after.StartsAt : after.StartsAt >= now);

    static bool TryRead(string text, out SilenceRecurrence? recurrence)
    {
        recurrence = null;
        try
        {
            recurrence = text.Length == 0 ? null : SilenceRecurrence.Parse(text);
            return true;
        }
        catch (SilenceException)
        {
            // Its time zone may be unknown on this machine.
            return false;
        }
    }

    static void Check(Silence silence, long now)
    {
        var problem = silence.Matchers.Count == 0 ? "a silence needs at least one matcher"
            : silence.Matchers.Count > MaxMatchers ? $"a silence has at most {MaxMatchers} matchers"
            : silence.Matchers.Any(matcher => matcher.Value.Contains('\0')) || silence.CreatedBy.Contains('\0') || silence.Comment.Contains('\0') ? "no text may contain U+0000"
            : silence.Matchers.All(matcher => matcher.MatchesEmpty) ? "at least one matcher must not match the empty string"
            : silence.EndsAt <= silence.StartsAt ? "end time must be after start time"
            : silence.EndsAt <= now ? "end time can't be in the past"
            : silence.CreatedBy.Length is 0 or > MaxText ? "a silence needs an author, of at most 4096 characters"
            : silence.Comment.Length > MaxText ? "the comment has more than 4096 characters" : null;
        if (problem is not null)
        {
            throw new SilenceException(problem);
        }
    }

    Silence Change(Silence silence)
    {
        if (_warned.Remove(silence.Id))
        {
            _database.OnRollback(() => _warned.Add(silence.Id));
        }

        return Save(silence);
    }

    Silence Replace(Silence? before, Silence silence, long now)
    {
        if (before is not null)
        {
            Expire(before.Id, now);
        }

        if (_silences.Values.Count(other => other.StateAt(now) != SilenceState.Expired) >= MaxSilences)
        {
            throw new SilenceException($"there are {MaxSilences} silences: expire some first");
        }

        return Save(silence with { Id = Guid.NewGuid().ToString(), StartsAt = Math.Max(silence.StartsAt, now), UpdatedAt = now });
    }

    Silence Save(Silence silence)
    {
        var before = Find(silence.Id);
        _database.OnRollback(() => Restore(silence.Id, before));
        _save.With(silence.Id).With(NoticeMatchers.Format(silence.Matchers)).With(silence.StartsAt).With(silence.EndsAt).With(silence.UpdatedAt)
            .With(silence.CreatedBy).With(silence.Comment).With(_warned.Contains(silence.Id)).With(silence.Recurrence?.Text ?? "").Run();
        return _silences[silence.Id] = silence;
    }

    void Restore(string id, Silence? silence)
    {
        if (silence is null)
        {
            _silences.Remove(id);
        }
        else
        {
            _silences[id] = silence;
        }
    }
}
