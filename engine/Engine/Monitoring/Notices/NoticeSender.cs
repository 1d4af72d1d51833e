using System.Collections.Concurrent;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// Sends notices over the channels of their integrations, several at once, with bounded retries. At most one notice of a group and
/// integration is under way. Thread-safe.
/// </summary>
/// <param name="channels">The channels by the keys of their integrations.</param>
/// <param name="time">The clock.</param>
/// <param name="options">The bounds.</param>
public sealed class NoticeSender(IReadOnlyDictionary<string, INoticeChannel> channels, TimeProvider time, NoticeSenderOptions? options = null) : IAsyncDisposable
{
    readonly NoticeSenderOptions _options = options ?? new NoticeSenderOptions();
    readonly ConcurrentDictionary<(string Integration, string Group), Task> _inFlight = new();
    readonly ConcurrentDictionary<string, (long Minute, int Count)> _begun = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, string> _problems = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<(string Kind, string Outcome), long> _counts = new();
    readonly CancellationTokenSource _stop = new();

    /// <summary>Receives each delivered notice, on the thread that sent it.</summary>
    public Action<Notice>? OnDelivered { get; set; }

    /// <summary>Receives each notice whose tries all failed, and why, on the thread that sent it.</summary>
    public Action<Notice, string>? OnFailed { get; set; }

    /// <summary>How many notices are under way.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Why the last notice of an integration failed, by the integration's key; those that work are not there.</summary>
    public IReadOnlyDictionary<string, string> Problems => _problems;

    /// <summary>How many notices ended how, by kind of integration: delivered, failed, or deferred by a bound.</summary>
    public IReadOnlyDictionary<(string Kind, string Outcome), long> Counts => _counts;

    /// <summary>Begins to send a notice. Does not block.</summary>
    /// <returns>Whether it began; if not, the notice is due again after <c>group_interval</c>.</returns>
    public bool TrySend(Notice notice)
    {
        var key = (notice.Integration.Key, notice.GroupKey);
        if (_stop.IsCancellationRequested || _inFlight.ContainsKey(key))
        {
            return false;
        }

        if (!channels.TryGetValue(notice.Integration.Key, out var channel))
        {
            Fail(notice, "the integration is not configured");
            return false;
        }

        if (_inFlight.Count >= _options.MaxInFlight || !Reserve(notice.Integration.Key))
        {
            Count(notice, "deferred");
            return false;
        }

        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _inFlight[key] = SendAsync();
        begin.SetResult();
        return true;

        async Task SendAsync()
        {
            await begin.Task;
            try
            {
                await SendAsyncCore(notice, channel);
            }
            finally
            {
                _inFlight.TryRemove(key, out _);
            }
        }
    }

    /// <summary>Waits until nothing is under way.</summary>
    /// <param name="cancellationToken">Ends the wait, not the sending.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (!_inFlight.IsEmpty)
        {
            await Task.WhenAll(_inFlight.Values).WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_inFlight.Values);
        foreach (var channel in channels.Values)
        {
            await channel.DisposeAsync();
        }

        _stop.Dispose();
    }

    async Task SendAsyncCore(Notice notice, INoticeChannel channel)
    {
        for (var tries = 0; ; tries++)
        {
            var verdict = await TryAsync(notice, channel);
            if (verdict.Outcome == NoticeOutcome.Delivered)
            {
                _problems.TryRemove(notice.Integration.Key, out _);
                Count(notice, "delivered");
                OnDelivered?.Invoke(notice);
                return;
            }

            if (verdict.Outcome == NoticeOutcome.Rejected || tries >= _options.Delays.Count || _stop.IsCancellationRequested)
            {
                Fail(notice, verdict.Detail);
                return;
            }

            var wait = verdict.After is { } after && after > _options.Delays[tries] ? after : _options.Delays[tries];
            try
            {
                await Task.Delay(wait < _options.MaxWait ? wait : _options.MaxWait, time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                Fail(notice, $"the engine stopped before the next try: {verdict.Detail}");
                return;
            }
        }
    }

    async Task<NoticeVerdict> TryAsync(Notice notice, INoticeChannel channel)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        try
        {
            return await channel.SendAsync(notice, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return NoticeVerdict.Retry("no answer in time");
        }
#pragma warning disable CA1031 // A channel's mistake is a notice that failed.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return NoticeVerdict.Retry(e.Message);
        }
    }

    bool Reserve(string integration)
    {
        var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        var (_, count) = _begun.AddOrUpdate(integration, _ => (minute, 1), (_, begun) => begun.Minute == minute ? (minute, begun.Count + 1) : (minute, 1));
        return count <= _options.PerMinute;
    }

    void Fail(Notice notice, string reason)
    {
        _problems[notice.Integration.Key] = reason;
        Count(notice, "failed");
        OnFailed?.Invoke(notice, reason);
    }

    void Count(Notice notice, string outcome) => _counts.AddOrUpdate((notice.Integration.Kind, outcome), 1, (_, count) => count + 1);
}
