using CartRecovery.Contracts;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.Logging;
using Polly;
using Prometheus;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// Manages one sink: connects with backoff, allows at most <c>maxInFlight</c> concurrent writes, never connects during a write, and
/// records what it observes. A call that outlives its cancellation keeps its slot until it returns, so a sink that hangs forever costs
/// only its slots.
/// </summary>
sealed class SinkConnection
{
    static readonly TimeSpan s_healthLimit = TimeSpan.FromSeconds(2);

    readonly string _name;
    readonly SinkInstance _instance;
    readonly TimeSpan _maxItemDuration;
    readonly SinkRunnerOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly ResiliencePipeline _backoff;
    readonly SemaphoreSlim _slots;
    readonly SemaphoreSlim _connecting = new(1);
    readonly Lock _healthLock = new();
    Task<Exception?> _connect = Task.FromResult<Exception?>(null);
    Task<SinkHealth>? _healthCheck;
    volatile bool _connected;
    volatile bool _closed;
    volatile string? _lastError;
    int _consecutiveFailures;
    long _writes;

    public SinkConnection(string name, SinkInstance instance, TimeSpan maxItemDuration, SinkRunnerOptions options, TimeProvider time, ILogger logger)
    {
        _name = name;
        _instance = instance;
        _maxItemDuration = maxItemDuration;
        _options = options;
        _time = time;
        _logger = logger;
        _backoff = Backoff.ForConnects(options, time);
        _slots = new SemaphoreSlim(options.MaxInFlight);
    }

    public bool IsConnected => _connected;

    public string? LastError => _lastError;

    public int ConsecutiveFailures => Volatile.Read(ref _consecutiveFailures);

    /// <summary>Number of writes, including failed ones.</summary>
    public long Writes => Volatile.Read(ref _writes);

    /// <summary>Observer of write durations in seconds, including failed writes; null for none.</summary>
    public IHistogram? WriteTimes { get; set; }

    /// <summary>
    /// Connects the sink, retrying as needed; <see langword="false"/> if cancelled writes that have not returned prevent connecting.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async Task<bool> ConnectAsync(CancellationToken stop)
    {
        if (_connected)
        {
            return true;
        }

        await _connecting.WaitAsync(stop);
        var slots = 0;
        try
        {
            if (_connected)
            {
                return true;
            }

            while (slots < _options.MaxInFlight && await _slots.WaitAsync(_options.Timeout, stop))
            {
                slots++;
            }

            if (slots < _options.MaxInFlight)
            {
                return false;
            }

            await _backoff.ExecuteAsync(static (self, token) => self.ConnectOnceAsync(token), this, stop);
            return true;
        }
        finally
        {
            if (slots > 0)
            {
                _slots.Release(slots);
            }

            _connecting.Release();
        }
    }

    /// <summary>Writes a batch, connecting first if needed.</summary>
    /// <returns>Why the write failed as a whole, so that unmarked items are retried; or <see langword="null"/>.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled before the sink was called.</exception>
    public async Task<string?> WriteAsync(DeliveryBatch batch, CancellationToken stop)
    {
        if (!await TakeSlotAsync(stop))
        {
            return "earlier writes have not returned";
        }

        var span = EngineActivity.BeginSinkWrite(_name, batch.Items.Count);
        var problem = await WriteInSlotAsync(batch, stop);
        EngineActivity.EndSinkWrite(span, problem);
        return problem;
    }

    async Task<string?> WriteInSlotAsync(DeliveryBatch batch, CancellationToken stop)
    {
        var began = _time.GetTimestamp();
        // An item of a sink with deadlines of its own takes a few steps of up to the timeout, and one long one.
        var timeout = _maxItemDuration == default ? _options.Timeout : (_maxItemDuration + _options.Timeout * 4) * batch.Items.Count;
        var call = await PluginCall.RunAsync(token => _instance.Sink.WriteAsync(batch, token), WriteEnded, timeout, _time, stop);
        Interlocked.Increment(ref _writes);
        WriteTimes?.Observe(_time.GetElapsedTime(began).TotalSeconds);
        if (call.InTime)
        {
            return await call.Running is { } error ? FailureReason.Of(error, batch.Items) : null;
        }

        return stop.IsCancellationRequested ? "the engine stopped"
            : call.Running.IsCompleted ? $"not completed within {timeout.TotalSeconds:0.###} s"
            : $"not completed within {timeout.TotalSeconds:0.###} s, and did not stop when cancelled";
    }

    /// <summary>Records the result of a write.</summary>
    public void RecordWrite(bool decided, string? error)
    {
        if (error is not null)
        {
            _lastError = error;
        }

        if (decided)
        {
            Volatile.Write(ref _consecutiveFailures, 0);
        }
        else
        {
            Interlocked.Increment(ref _consecutiveFailures);
        }
    }

    /// <summary>Asks the sink for its health, for at most two seconds. One check runs at a time.</summary>
    public async Task<SinkHealth> CheckHealthAsync(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            return new SinkHealth(Healthy: false, "closed");
        }

        if (!_connected)
        {
            return new SinkHealth(Healthy: false, _lastError is { } error ? $"not connected: {error}" : "not connected yet");
        }

        Task<SinkHealth> check;
        lock (_healthLock)
        {
            if (_healthCheck is not { IsCompleted: false })
            {
                _healthCheck = Task.Run(AskHealthAsync, CancellationToken.None);
            }

            check = _healthCheck;
        }

        await ((Task)check).WaitAsync(s_healthLimit, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return check.IsCompleted ? await check : new SinkHealth(Healthy: false, "the sink did not answer within 2 s");
    }

    /// <summary>Closes the sink; after the timeout it is abandoned.</summary>
    public Task CloseAsync(CancellationToken stop)
    {
        _closed = true;
        _connected = false;
        return PluginCall.RunAsync(_ => _instance.Sink.DisposeAsync(), static _ => { }, _options.Timeout, _time, stop);
    }

    async Task<bool> TakeSlotAsync(CancellationToken stop)
    {
        // Another write may throw between connecting and acquiring the slot; each can do so once.
        for (var slot = 0; slot <= _options.MaxInFlight; slot++)
        {
            if (!await ConnectAsync(stop) || !await _slots.WaitAsync(_options.Timeout, stop))
            {
                return false;
            }

            if (_connected)
            {
                return true;
            }

            _slots.Release();
        }

        return false;
    }

    void WriteEnded(Exception? error)
    {
        if (error is not null)
        {
            _connected = false;
        }

        _slots.Release();
    }

    async ValueTask ConnectOnceAsync(CancellationToken stop)
    {
        // Wait for an earlier connect that ignored its cancellation before calling again.
        await ((Task)_connect).WaitAsync(_options.Timeout, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();
        string? failure;
        if (!_connect.IsCompleted)
        {
            failure = "an earlier connect has not returned";
        }
        else
        {
            var call = await PluginCall.RunAsync(_instance.Sink.ConnectAsync, static _ => { }, _options.Timeout, _time, stop);
            _connect = call.Running;
            stop.ThrowIfCancellationRequested();
            failure = !call.InTime ? $"not connected within {_options.Timeout.TotalSeconds:0.###} s"
                : await call.Running is { } error ? FailureReason.Of(error, []) : null;
        }

        if (failure is not null)
        {
            RecordWrite(decided: false, failure);
            DeliveryLog.CannotConnect(_logger, _name, failure);
            throw new SinkUnavailableException(failure);
        }

        _connected = true;
        DeliveryLog.Connected(_logger, _name);
    }

    async Task<SinkHealth> AskHealthAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(s_healthLimit, _time);
            var health = await _instance.CheckHealthAsync(limit.Token);
            return health with { Detail = FailureReason.Clean(health.Detail, []) };
        }
        catch (Exception error)
        {
            return new SinkHealth(Healthy: false, FailureReason.Of(error, []));
        }
    }
}
