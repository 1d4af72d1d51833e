using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>
/// Keeps the keys of the control database in a <see cref="StoreDirectory"/>, where a client's key is found without asking the database: it follows
/// changes, takes keys out when they expire, and writes down once a minute which were used. Any thread.
/// </summary>
public sealed class ApiKeyDirectory : IAsyncDisposable
{
    /// <summary>How often uses are written down.</summary>
    public static readonly TimeSpan UsageInterval = TimeSpan.FromMinutes(1);

    // A timer waits for no longer, in case the clock is set; and rounds down.
    static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10), s_resolution = TimeSpan.FromMilliseconds(1);

    // Keys that one transaction writes, so that other writers need not wait long.
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

    /// <summary>Called after keys were replaced, when clients of former ones must go.</summary>
    public Action? OnChange { get; set; }

    /// <summary>Reads the keys when the database is started, and whenever they change.</summary>
    public void Follow() => _database.Changes.Follow(ApiKeyStore.Topic, async cancellation =>
    {
        var keys = await _database.ReadAsync(session => ApiKeyStore.ReadAsync(session, SqlPart.Of($"1 = 1")), cancellation);
        lock (_gate)
        {
            _keys = keys;
        }

        Apply();
    });

    /// <summary>Starts to write down uses.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Writes down which keys were used since the last time.</summary>
    /// <exception cref="ControlDatabaseException">The database failed; the uses are not forgotten.</exception>
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
            _expiry.Change(next is null ? Timeout.InfiniteTimeSpan : next < s_longest ? next.Value + s_resolution : s_longest, Timeout.InfiniteTimeSpan);
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
            // The engine stops.
        }
    }

    // When a key was used is a hint: that the database fails is known from what matters more.
    async Task TryWriteUsageAsync()
    {
        try
        {
            await WriteUsageAsync(_stop.Token);
        }
        catch (ControlDatabaseException)
        {
            // Again in a minute.
        }
    }
}
