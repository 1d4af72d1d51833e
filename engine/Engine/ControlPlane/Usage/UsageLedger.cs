using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>
/// Counts events and messages of stores and keys in memory, by day and month in the store's time zone. Adds the counts to the control
/// database every <see cref="FlushInterval"/>; a crash loses the counts since the last flush. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="stores">The stores, with their quotas.</param>
public sealed class UsageLedger(ControlDatabase database, StoreDirectory stores) : IAsyncDisposable
{
    /// <summary>Interval of storing the counts and reading those of other engines.</summary>
    public static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(10);

    /// <summary>Retention of counts.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(400);

    static readonly TimeSpan s_cleanInterval = TimeSpan.FromHours(24);

    // Maximum delay of starting a new day or month.
    static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    // Counts stored in one transaction; counts of the current day and month loaded at the start.
    const int Batch = 500, MaxLoaded = 200_000;

    static readonly string[] s_kinds = ["events", "messages"];

    readonly ConcurrentDictionary<(string Store, string Key, UsageKind Kind), UsageCounter> _counters = new();
    readonly ConditionalWeakTable<StoreKey, EventUsage> _ofKeys = [];
    readonly Dictionary<(string Store, string Key, UsageKind Kind, string Period), long> _stored = [];
    readonly ConcurrentQueue<(UsageCounter Counter, string Period, long Count)> _left = new();
    readonly SemaphoreSlim _flushing = new(1, 1);
    readonly CancellationTokenSource _stop = new();
    readonly Lock _gate = new();
    Task _running = Task.CompletedTask;

    /// <summary>Called when usage reaches 80% and 100% of a quota, once a period each.</summary>
    public Action<UsageCounter>? OnLevel { get; set; }

    /// <summary>Called when counting fails for any reason other than an unavailable database. Counting goes on.</summary>
    public Action<Exception>? OnFailure { get; set; }

    /// <summary>All counters.</summary>
    public IEnumerable<UsageCounter> Counters => _counters.Values;

    /// <summary>Returns the name of a kind, as stored.</summary>
    public static string NameOf(UsageKind kind) => s_kinds[(int)kind];

    /// <summary>Returns the id under which a key is counted: its own; for a key of the configuration file, part of its hash.</summary>
    public static string IdOf(StoreKey key) => key.Id ?? string.Create(CultureInfo.InvariantCulture, $"file-{key.Tag:x8}");

    /// <summary>Returns the current day or month, as <c>2027-01-31</c> or <c>2027-01</c>.</summary>
    public static string PeriodOf(UsageKind kind, TimeZoneInfo zone, DateTimeOffset now) =>
        TimeZoneInfo.ConvertTime(now, zone).ToString(kind == UsageKind.Events ? "yyyy-MM-dd" : "yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>Returns when the current day or month ends.</summary>
    public static DateTimeOffset EndOf(UsageKind kind, TimeZoneInfo zone, DateTimeOffset now)
    {
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        var end = kind == UsageKind.Events ? today.AddDays(1) : new DateTime(today.Year, today.Month, 1, 0, 0, 0, DateTimeKind.Unspecified).AddMonths(1);
        return new DateTimeOffset(end - zone.GetUtcOffset(end), TimeSpan.Zero);
    }

    /// <summary>Loads the counts of the current days and months, and starts the flush loop.</summary>
    /// <exception cref="ControlDatabaseException">The counts cannot be read.</exception>
    public async Task StartAsync()
    {
        var now = database.Time.GetUtcNow();

        // In every time zone the current day is one of these.
        string[] days = [.. new[] { -1, 0, 1 }.Select(days => now.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))];
        string[] months = [days[0][..7], days[2][..7]];
        foreach (var (id, count) in await database.ReadAsync(session => session.ListAsync(
            $"SELECT store, key, kind, period, count FROM usage_counts WHERE period IN ({days[0]}, {days[1]}, {days[2]}, {months[0]}, {months[1]}) LIMIT {MaxLoaded}",
            row => ((row.Text(0), row.Text(1), KindOf(row.Text(2)), row.Text(3)), row.Number(4)))))
        {
            _stored[id] = count;
        }

        Refresh();
        _running = RunAsync();
    }

    /// <summary>Returns the counters of a key's events.</summary>
    public EventUsage OfKey(StoreKey key) => _ofKeys.GetValue(key, one =>
        new EventUsage(CounterOf(one.Store, IdOf(one), UsageKind.Events, one.EventsPerDay), CounterOf(one.Store, "", UsageKind.Events, one.Store.EventsPerDay)));

    /// <summary>Returns the counter of a store's messages.</summary>
    public UsageCounter MessagesOf(Store store) => CounterOf(store, "", UsageKind.Messages, store.MessagesPerMonth);

    /// <summary>Returns the time until a quota is renewed.</summary>
    public TimeSpan RetryAfter(UsageCounter counter)
    {
        var now = database.Time.GetUtcNow();
        return EndOf(counter.Kind, ZoneOf(counter.Store), now) - now;
    }

    /// <summary>Starts new days and months, applies changed quotas, and reports levels.</summary>
    public void Refresh()
    {
        foreach (var key in stores.Stores.SelectMany(stores.ConfiguredKeys).Concat(stores.IssuedKeys))
        {
            OfKey(key);
            CounterOf(key.Store, IdOf(key), UsageKind.Events, key.EventsPerDay).Limit = key.EventsPerDay;
        }

        foreach (var store in stores.Stores)
        {
            CounterOf(store, "", UsageKind.Events, store.EventsPerDay).Limit = store.EventsPerDay;
            MessagesOf(store).Limit = store.MessagesPerMonth;
        }

        var now = database.Time.GetUtcNow();
        foreach (var counter in _counters.Values)
        {
            var period = PeriodOf(counter.Kind, ZoneOf(counter.Store), now);
            var former = counter.Period;
            if (former != period && counter.Begin(period, stored: 0) is > 0 and var left)
            {
                _left.Enqueue((counter, former, left));
            }

            if (counter.Level is var level && level > counter.Reported)
            {
                counter.Reported = level;
                OnLevel?.Invoke(counter);
            }
        }
    }

    /// <summary>Stores the pending counts.</summary>
    /// <exception cref="ControlDatabaseException">The database failed; the counts stay pending.</exception>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        await _flushing.WaitAsync(cancellation);
        try
        {
            while (_left.TryPeek(out var left))
            {
                await StoreAsync([left], cancellation);
                _left.TryDequeue(out _);
            }

            foreach (var batch in _counters.Values.Select(counter => (Counter: counter, counter.Period, Count: counter.Pending)).Where(entry => entry.Count > 0).ToList().Chunk(Batch))
            {
                var sums = await StoreAsync(batch, cancellation);
                foreach (var ((counter, period, count), sum) in batch.Zip(sums))
                {
                    counter.Confirm(period, count, sum);
                }
            }
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>Lists a store's usage, the latest period first.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="byMonth">Whether to add days up to months. Messages are counted by month only.</param>
    /// <param name="skip">Rows to skip.</param>
    /// <param name="limit">Maximum number of rows.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<UsageRow>> ListAsync(string store, bool byMonth, long skip, int limit, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        byMonth
            ? (SqlStatement)$"""
                SELECT substr(period, 1, 7), kind, key, SUM(count) FROM usage_counts WHERE store = {store}
                GROUP BY substr(period, 1, 7), kind, key ORDER BY 1 DESC, 2, 3 LIMIT {limit} OFFSET {skip}
                """
            : $"SELECT period, kind, key, count FROM usage_counts WHERE store = {store} AND kind = {s_kinds[0]} ORDER BY period DESC, kind, key LIMIT {limit} OFFSET {skip}",
        row => new UsageRow(row.Text(0), KindOf(row.Text(1)), row.Text(2), row.Number(3))), cancellation);

    /// <summary>Deletes counts that are older than <see cref="Retention"/>.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task CleanAsync(CancellationToken cancellation = default)
    {
        var before = (database.Time.GetUtcNow() - Retention).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return database.WriteAsync(session => session.RunAsync($"DELETE FROM usage_counts WHERE period < {before}"), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        try
        {
            await FlushAsync();
        }
        catch (ControlDatabaseException)
        {
            // The last counts are lost.
        }

        _stop.Dispose();
        _flushing.Dispose();
    }

    static UsageKind KindOf(string name) => (UsageKind)Array.IndexOf(s_kinds, name);

    TimeZoneInfo ZoneOf(string store) => stores.All.Find(store)?.TimeZone ?? TimeZoneInfo.Utc;

    UsageCounter CounterOf(Store store, string key, UsageKind kind, long quota)
    {
        if (_counters.TryGetValue((store.Id, key, kind), out var known))
        {
            return known;
        }

        lock (_gate)
        {
            return _counters.GetOrAdd((store.Id, key, kind), id =>
            {
                var counter = new UsageCounter(id.Store, id.Key, id.Kind) { Limit = quota };
                var period = PeriodOf(id.Kind, store.TimeZone, database.Time.GetUtcNow());
                counter.Begin(period, _stored.GetValueOrDefault((id.Store, id.Key, id.Kind, period)));
                return counter;
            });
        }
    }

    Task<List<long>> StoreAsync(IReadOnlyList<(UsageCounter Counter, string Period, long Count)> entries, CancellationToken cancellation) => database.WriteAsync(async session =>
    {
        var sums = new List<long>();
        foreach (var (counter, period, count) in entries)
        {
            sums.Add(await session.NumberAsync($"""
                INSERT INTO usage_counts (store, key, kind, period, count) VALUES ({counter.Store}, {counter.Key}, {NameOf(counter.Kind)}, {period}, {count})
                ON CONFLICT (store, key, kind, period) DO UPDATE SET count = usage_counts.count + excluded.count RETURNING count
                """) ?? count);
        }

        return sums;
    }, cancellation);

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_interval, database.Time);
        try
        {
            for (var tick = 1L; await timer.WaitForNextTickAsync(_stop.Token); tick++)
            {
                await TryAsync(_ =>
                {
                    Refresh();
                    return Task.CompletedTask;
                });
                if (tick % (long)(FlushInterval / s_interval) == 0)
                {
                    await TryAsync(FlushAsync);
                }

                if (tick % (long)(s_cleanInterval / s_interval) == 1)
                {
                    await TryAsync(CleanAsync);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Expected on disposal.
        }
    }

    // Ignores an unavailable database: health reports it, and the counts stay pending.
    async Task TryAsync(Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stop.Token);
        }
        catch (ControlDatabaseException)
        {
            // Retried after the interval.
        }
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            // Any exception: without this loop, no quota would be enforced.
            OnFailure?.Invoke(e);
        }
    }
}
