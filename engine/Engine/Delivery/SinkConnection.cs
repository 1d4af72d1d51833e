using CartRecovery.Contracts;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.Logging;
using Polly;
using Prometheus;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// The engine's side of one sink: connects it with backoff, lets at most <c>maxInFlight</c> writes into it, never connects while one is
/// under way, and keeps what it saw of it. A call that outlives its cancellation keeps its slot until it returns, so that a sink that
/// hangs for good costs its slots and nothing more.
/// </summary>
sealed class SinkConnection
{
    static readonly TimeSpan HealthLimit = TimeSpan.FromSeconds(2);

    readonly string _name;
    readonly SinkInstance _instance;
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

    public SinkConnection(string name, SinkInstance instance, SinkRunnerOptions options, TimeProvider time, ILogger logger)
    {
        _name = name;
        _instance = instance;
        _options = options;
        _time = time;
        _logger = logger;
        _backoff = Backoff.ForConnects(options, time);
        _slots = new SemaphoreSlim(options.MaxInFlight);
    }

    public bool IsConnected => _connected;

    public string? LastError => _lastError;

    public int ConsecutiveFailures => Volatile.Read(ref _consecutiveFailures);

    /// <summary>Writes so far, failed ones among them.</summary>
    public long Writes => Volatile.Read(ref _writes);

    /// <summary>How long writes took in seconds, failed ones among them; null where nobody asks.</summary>
    public IHistogram? WriteTimes { get; set; }

    /// <summary>Returns when the sink is connected, however many tries that takes; <see langword="false"/> when writes that were cancelled
    /// have not returned, so that it cannot be connected.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async Task<bool> ConnectAsync(CancellationToken stop)
    {
        if (_connected)
            return true;
        await _connecting.WaitAsync(stop);
        var slots = 0;
        try
        {
            if (_connected)
                return true;
            while (slots < _options.MaxInFlight && await _slots.WaitAsync(_options.Timeout, stop))
                slots++;
            if (slots < _options.MaxInFlight)
                return false;
            await _backoff.ExecuteAsync(static (self, token) => self.ConnectOnceAsync(token), this, stop);
            return true;
        }
        finally
        {
            if (slots > 0)
                _slots.Release(slots);
            _connecting.Release();
        }
    }

    /// <summary>Writes a batch, connecting first where needed.</summary>
    /// <returns>Why the write failed as a whole, so that items without a mark are retried; or <see langword="null"/>.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled before the sink was called.</exception>
    public async Task<string?> WriteAsync(DeliveryBatch batch, CancellationToken stop)
    {
        if (!await TakeSlotAsync(stop))
            return "earlier writes have not returned";
        var span = EngineActivity.BeginSinkWrite(_name, batch.Items.Count);
        var problem = await WriteInSlotAsync(batch, stop);
        EngineActivity.EndSinkWrite(span, problem);
        return problem;
    }

    async Task<string?> WriteInSlotAsync(DeliveryBatch batch, CancellationToken stop)
    {
        var began = _time.GetTimestamp();
        var call = await PluginCall.RunAsync(token => _instance.Sink.WriteAsync(batch, token), WriteEnded, _options.Timeout, _time, stop);
        Interlocked.Increment(ref _writes);
        WriteTimes?.Observe(_time.GetElapsedTime(began).TotalSeconds);
        if (call.InTime)
            return await call.Running is { } error ? FailureReason.Of(error, batch.Items) : null;
        return stop.IsCancellationRequested ? "the engine stopped"
            : call.Running.IsCompleted ? $"not done within {_options.Timeout.TotalSeconds:0.###} s"
            : $"not done within {_options.Timeout.TotalSeconds:0.###} s, and did not stop when cancelled";
    }

    /// <summary>Keeps how a write went.</summary>
    public void Note(bool decided, string? error)
    {
        if (error is not null)
            _lastError = error;
        if (decided)
            Volatile.Write(ref _consecutiveFailures, 0);
        else
            Interlocked.Increment(ref _consecutiveFailures);
    }

    /// <summary>Asks the sink whether it can deliver, for two seconds at most. One question is under way at a time.</summary>
    public async Task<SinkHealth> CheckHealthAsync(CancellationToken cancellationToken)
    {
        if (_closed)
            return new SinkHealth(Healthy: false, "closed");
        if (!_connected)
            return new SinkHealth(Healthy: false, _lastError is { } error ? $"not connected: {error}" : "not connected yet");
        Task<SinkHealth> check;
        lock (_healthLock)
        {
            if (_healthCheck is not { IsCompleted: false })
                _healthCheck = Task.Run(AskHealthAsync, CancellationToken.None);
            check = _healthCheck;
        }

        await ((Task)check).WaitAsync(HealthLimit, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return check.IsCompleted ? await check : new SinkHealth(Healthy: false, "the sink did not answer within 2 s");
    }

    /// <summary>Closes the sink; what it still does after its time is left to itself.</summary>
    public Task CloseAsync(CancellationToken stop)
    {
        _closed = true;
        _connected = false;
        return PluginCall.RunAsync(_ => _instance.Sink.DisposeAsync(), static _ => { }, _options.Timeout, _time, stop);
    }

    async Task<bool> TakeSlotAsync(CancellationToken stop)
    {
        // Between the connect and the slot another write may throw; each of those can do so once.
        for (var turn = 0; turn <= _options.MaxInFlight; turn++)
        {
            if (!await ConnectAsync(stop) || !await _slots.WaitAsync(_options.Timeout, stop))
                return false;
            if (_connected)
                return true;
            _slots.Release();
        }

        return false;
    }

    void WriteEnded(Exception? error)
    {
        if (error is not null)
            _connected = false;
        _slots.Release();
    }

    async ValueTask ConnectOnceAsync(CancellationToken stop)
    {
        // A connect that ignored its cancellation: not called again before it is over.
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
            failure = !call.InTime ? $"no connection within {_options.Timeout.TotalSeconds:0.###} s"
                : await call.Running is { } error ? FailureReason.Of(error, []) : null;
        }

        if (failure is not null)
        {
            Note(decided: false, failure);
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
            using var limit = new CancellationTokenSource(HealthLimit, _time);
            var health = await _instance.CheckHealthAsync(limit.Token);
            return health with { Detail = FailureReason.Clean(health.Detail, []) };
        }
        catch (Exception error)
        {
            return new SinkHealth(Healthy: false, FailureReason.Of(error, []));
        }
    }
}
