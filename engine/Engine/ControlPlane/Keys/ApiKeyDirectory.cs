using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>
/// Loads the keys of the control database into a <see cref="StoreDirectory"/>, so that finding a client's key does not use the database.
/// Reloads keys when they change, removes them when they expire, and stores once a minute which were used. Thread-safe.
/// </summary>
public sealed class ApiKeyDirectory : IAsyncDisposable
{
    /// <summary>Interval of storing which keys were used.</summary>
    public static readonly TimeSpan UsageInterval = TimeSpan.FromMinutes(1);

    // Maximum wait, in case the clock is set; and the resolution of timers, which round down.
    static readonly TimeSpan s_maxWait = TimeSpan.FromMinutes(10), s_resolution = TimeSpan.FromMilliseconds(1);

    // Keys written in one transaction, to keep the lock of all writers short.
    const int UsageBatch = 500;

    readonly ControlDatabase _database;
    readonly ApiKeyStore _store;
    readonly StoreDirectory _stores;
    readonly Lock _gate = new();
    readonly ITimer _expiry;
    readonly CancellationTokenSource _stop = new();
    IReadOnlyList<ApiKey> _keys = [];
    Task _running = Task.CompletedTask;

    /// <param name="database">The database.</param>
    /// <param name="stores">Receives the keys.</param>
    public ApiKeyDirectory(ControlDatabase database, StoreDirectory stores)
    {
        (_database, _stores, _store) = (database, stores, new ApiKeyStore(database));
        _expiry = database.Time.CreateTimer(_ => Apply(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Called after keys were replaced, to close the connections of revoked keys.</summary>
    public Action? OnChange { get; set; }

    /// <summary>Registers the keys for reloads.</summary>
    public void Follow() => _database.Changes.Follow(ApiKeyStore.Topic, async cancellation =>
    {
        var keys = await _database.ReadAsync(session => ApiKeyStore.ReadAsync(session, SqlPart.Of($"1 = 1")), cancellation);
        lock (_gate)
        {
            _keys = keys;
        }

        Apply();
    });

    /// <summary>Starts to store the use of keys.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Stores which keys were used since the last call.</summary>
    /// <exception cref="ControlDatabaseException">The database failed. The next call stores the use.</exception>
    public async Task WriteUsageAsync(CancellationToken cancellation = default)
    {
        foreach (var batch in _stores.IssuedKeys.Where(key => key.Usage!.Take()).ToList().Chunk(UsageBatch))
        {
            try
            {
                await _store.MarkUsedAsync([.. batch.Select(key => key.Id!)], cancellation);
            }
            catch
            {
                Array.ForEach(batch, key => key.Usage!.Mark());
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _expiry.DisposeAsync();
        _stop.Dispose();
    }

    void Apply()
    {
        lock (_gate)
        {
            var now = _database.Time.GetUtcNow();
            ApiKey[] live = [.. _keys.Where(key => !key.HasExpired(now))];
            _stores.SetIssued(live);
            var next = live.Min(key => key.Settings.ExpiresAt) - now;
            _expiry.Change(next is null ? Timeout.InfiniteTimeSpan : next < s_maxWait ? next.Value + s_resolution : s_maxWait, Timeout.InfiniteTimeSpan);
        }

        OnChange?.Invoke();
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(UsageInterval, _database.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await TryWriteUsageAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Expected on disposal.
        }
    }

    // Ignores an unavailable database: the time of use is a hint, and health reports the database.
    async Task TryWriteUsageAsync()
    {
        try
        {
            await WriteUsageAsync(_stop.Token);
        }
        catch (ControlDatabaseException)
        {
            // Retried after the interval.
        }
    }
}
