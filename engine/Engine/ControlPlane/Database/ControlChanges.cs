using System.Collections.Concurrent;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>
/// Reloads cached data when its topic changes in the database: at once if this process changed it, within <see cref="Interval"/> if another engine or a
/// command did. Thread-safe.
/// </summary>
public sealed class ControlChanges : IAsyncDisposable
{
    /// <summary>Interval of polling for changes by other engines and commands.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Each cached store has its own topic; the program has a few dozen.
    const int MaxTopics = 256;

    readonly ControlDatabase _database;
    readonly TimeProvider _time;
    readonly SemaphoreSlim _refreshing = new(1, 1);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> _followers = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    Task _following = Task.CompletedTask;
    Type? _failure;

    internal ControlChanges(ControlDatabase database, TimeProvider time) => (_database, _time) = (database, time);

    /// <summary>Why the last poll failed; <see langword="null"/> if it succeeded.</summary>
    public string? Problem { get; private set; }

    /// <summary>Called when a poll fails: once for each type of exception, until a poll succeeds.</summary>
    public Action<Exception>? OnFailure { get; set; }

    /// <summary>
    /// Registers a callback that loads a topic at the start and after each change. After a failure it is retried at each poll; see <see cref="Problem"/>.
    /// </summary>
    /// <param name="topic">The topic, as in <see cref="ControlSession.MarkChangedAsync"/>. A topic has one follower.</param>
    /// <param name="read">Loads the topic. Calls do not overlap.</param>
    public void Follow(string topic, Func<CancellationToken, Task> read)
    {
        if (!_followers.TryAdd(topic, read))
        {
            throw new InvalidOperationException($"'{topic}' already has a follower.");
        }
    }

    /// <summary>Loads all topics, then polls for changes until disposal.</summary>
    /// <exception cref="ControlDatabaseException">A topic cannot be loaded.</exception>
    public async Task StartAsync()
    {
        await RefreshAsync();
        if (Problem is { } problem)
        {
            throw new ControlDatabaseException(ControlDatabaseException.Unavailable, problem);
        }

        _following = FollowAsync();
    }

    /// <summary>Reloads the topics that have changed. Reports failures in <see cref="Problem"/>, and does not throw.</summary>
    public async Task RefreshAsync()
    {
        if (_followers.IsEmpty || _stop.IsCancellationRequested)
        {
            return;
        }

        await _refreshing.WaitAsync();
        try
        {
            var revisions = await _database.ReadAsync(session => session.ListAsync(
                $"SELECT topic, revision FROM control_changes LIMIT {MaxTopics}", row => (Topic: row.Text(0), Revision: row.Number(1))), _stop.Token);
            var now = revisions.ToDictionary(change => change.Topic, change => change.Revision, StringComparer.Ordinal);
            Exception? failure = null;
            foreach (var (topic, read) in _followers)
            {
                var revision = now.GetValueOrDefault(topic);
                if (_seen.TryGetValue(topic, out var seen) && seen == revision)
                {
                    continue;
                }

                try
                {
                    await read(_stop.Token);
                    _seen[topic] = revision;
                }
                catch (Exception e) when (!_stop.IsCancellationRequested)
                {
                    // Reload the other topics: revoked keys and ended sessions are among them.
                    failure ??= e;
                }
            }

            Report(failure);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Expected on disposal.
        }
        catch (Exception e)
        {
            // Any exception: without this loop, revoked tokens would stay valid.
            Report(e);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
    }

    void Report(Exception? failure)
    {
        var isNew = failure is not null && _failure != failure.GetType();
        (Problem, _failure) = (failure?.Message, failure?.GetType());
        if (isNew)
        {
            OnFailure?.Invoke(failure!);
        }
    }

    async Task FollowAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await RefreshAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Expected on disposal.
        }
    }
}
