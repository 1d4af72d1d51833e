using System.Threading.Channels;
using CartRecovery.Contracts;
using Microsoft.Extensions.Logging;
using Polly;
using Prometheus;

namespace CartRecovery.Engine.Delivery;

/// <summary>Drives one configured sink: a bounded queue that the journey thread fills without waiting, and a task that forms batches, writes at most
/// <c>maxInFlight</c> of them concurrently, and retries failed items. While the receiver is down the queue waits. A slow, failing,
/// hanging or throwing sink costs only the newest interventions of its own queue.</summary>
public sealed partial class SinkRunner
{
    // The part of the drain's deadline reserved for cancelling calls and closing the sink.
    static readonly TimeSpan s_drainReserve = TimeSpan.FromMilliseconds(500);

    readonly SinkRunnerOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly Action<Intervention, DeliveryResult>? _observer;
    readonly CompleteDelivery _complete;
    readonly SinkConnection _connection;
    readonly ResiliencePipeline<PendingDelivery> _retries;
    readonly SinkCircuit _circuit;
    readonly RateLimit? _rate;
    readonly DeliveryQueue _queue;
    readonly UnmarkedItems _unmarked;
    readonly Withdrawals? _withdrawn;
    readonly SemaphoreSlim _inFlight;
    readonly CancellationTokenSource _stop = new();
    readonly Lock _starting = new();
    Task? _running;

    /// <summary>Creates the sink without connecting it.</summary>
    /// <param name="name">The sink's name in the configuration, which campaigns use as their channel.</param>
    /// <param name="spec">The sink's type.</param>
    /// <param name="settings">Its options; the sink receives <paramref name="time"/> through them.</param>
    /// <param name="options">Batching, timeout, retries and limits.</param>
    /// <param name="time">The clock for batches, timeouts, delays and the sink.</param>
    /// <param name="logger">Logs each intervention that is not delivered.</param>
    /// <param name="observer">Called once per intervention with its final outcome and, unless delivered, a reason without personal data.
    /// Must be quick. Called on several threads; for <see cref="FinalOutcome.Dropped"/>, on the one that enqueues.</param>
    /// <param name="withdrawn">Interventions that must not be delivered any more.</param>
    /// <exception cref="SinkConfigurationException">The settings are invalid.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public SinkRunner(string name, SinkSpec spec, SinkSettings settings, SinkRunnerOptions options, TimeProvider time, ILogger logger,
        Action<Intervention, DeliveryResult>? observer = null, Withdrawals? withdrawn = null)
    {
        _withdrawn = withdrawn;
        options.Validate();
        Name = name;
        Type = spec.Type;
        _options = options;
        _time = time;
        _logger = logger;
        _observer = observer;
        _complete = Complete;
        _connection = new SinkConnection(name, spec.Create(settings.With(time, options.Timeout)), spec.MaxItemDuration, options, time, logger);
        _retries = Backoff.ForDeliveries(options, time);
        _unmarked = new UnmarkedItems(name, time, logger);
        _circuit = new SinkCircuit(name, options, time, logger);
        _rate = options.RateLimit > 0 ? new RateLimit(options.RateLimit, time) : null;
        _inFlight = new SemaphoreSlim(options.MaxInFlight);
        var batch = Math.Min(options.Batch, _rate?.Burst ?? int.MaxValue);
        _queue = new DeliveryQueue(options.Queue, batch, options.BatchAge, time);
    }

    /// <summary>The sink's name in the configuration.</summary>
    public string Name { get; }

    /// <summary>The sink's type.</summary>
    public string Type { get; }

    /// <summary>Number of queued interventions.</summary>
    public int QueueDepth => _queue.Count;

    /// <summary>Free capacity of the queue: at most one, a probe, while the sink has stopped. A sole producer can rely on it.</summary>
    public int FreeCapacity => Math.Max(0, (_circuit.Halt is { } halt ? halt.IsFinal ? 0 : 1 : _options.Queue) - _queue.Count);

    /// <summary>Number of interventions dropped because the queue was full.</summary>
    public long Dropped => Total(FinalOutcome.Dropped);

    /// <summary>The counters: of the sink's name, whichever runner had it before.</summary>
    internal DeliveryCounters Counters { get; init; } = new();

    /// <summary>Number of retries of interventions.</summary>
    public long Retried => Counters.Retried;

    /// <summary>Number of items the sink left unmarked, per attempt. They are retried; the sink violates its contract.</summary>
    public long Unmarked => Counters.Unmarked;

    /// <summary>Number of writes, including failed ones.</summary>
    public long Writes => _connection.Writes;

    /// <summary>Sets the observer of write durations in seconds, including failed writes. Call before the start.</summary>
    public void Measure(IHistogram writeTimes) => _connection.WriteTimes = writeTimes;

    /// <summary>Last observed state of the sink.</summary>
    public SinkState State => new(_connection.IsConnected, _connection.LastError, _connection.ConsecutiveFailures, _circuit.State, _circuit.Halt?.Reason);

    /// <summary>Counts interventions by outcome.</summary>
    public long Total(FinalOutcome outcome) => Counters.Total(outcome);

    /// <summary>Counts interventions by outcome and action.</summary>
    public long Count(ActionKind action, FinalOutcome outcome) => Counters.Read(action, outcome);

    /// <summary>Connects the sink and starts delivering, unless it has been started or drained.</summary>
    public void Start()
    {
        lock (_starting)
        {
            _running ??= Task.Run(RunAsync);
        }
    }

    /// <summary>Enqueues an intervention without waiting. Any thread.</summary>
    /// <returns><see langword="false"/> if the queue is full or closed; the intervention is counted as dropped.</returns>
    public bool TryEnqueue(Intervention intervention)
    {
        if (_queue.TryEnqueue(intervention))
        {
            return true;
        }

        Complete(intervention, new DeliveryResult(FinalOutcome.Dropped, null), 0);
        return false;
    }

    /// <summary>Enqueues an intervention, waiting for room.</summary>
    /// <exception cref="ChannelClosedException">The queue is closed.</exception>
    public ValueTask EnqueueAsync(Intervention intervention) => _queue.EnqueueAsync(intervention, _stop.Token);

    /// <summary>Checks whether the sink can deliver: its circuit is closed and it reports healthy. Completes within two seconds.</summary>
    public async Task<SinkReport> CheckHealthAsync(CancellationToken cancellationToken)
    {
        var health = await _connection.CheckHealthAsync(cancellationToken);
        var state = State;
        if (state.Halt is { } halt)
        {
            health = new SinkHealth(Healthy: false, $"stopped: {halt}");
        }
        else if (health.Healthy && state.Circuit != CircuitState.Closed)
        {
            health = new SinkHealth(Healthy: false, $"writes fail: {state.LastError}");
        }

        return new SinkReport(Name, Type, health, state);
    }

    /// <summary>Closes the queue, delivers its contents and closes the sink. Cancels, counts as kept and logs interventions not delivered
    /// by the deadline; half a second of the deadline, or half of a shorter one, is reserved for this.</summary>
    /// <param name="deadline">The maximum duration of this call.</param>
    public async Task DrainAsync(TimeSpan deadline)
    {
        _queue.Close();
        Task running;
        lock (_starting)
        {
            running = _running ??= Task.Run(CloseUnstartedAsync);
        }

        var reserve = deadline / 2 < s_drainReserve ? deadline / 2 : s_drainReserve;
        await running.WaitAsync(deadline - reserve, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompleted)
        {
            return;
        }

        _ = _stop.CancelAsync();
        await running.WaitAsync(reserve, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task CloseUnstartedAsync()
    {
        await _stop.CancelAsync();
        await RunAsync();
    }

    async Task RunAsync()
    {
        try
        {
            await _connection.ConnectAsync(_stop.Token);
            while (true)
            {
                await _inFlight.WaitAsync(_stop.Token);
                LogDrops();
                PendingDelivery? next = null;
                try
                {
                    next = await NextDeliveryAsync();
                }
                finally
                {
                    if (next is null)
                    {
                        _inFlight.Release();
                    }
                }

                if (next is null)
                {
                    break;
                }

                _ = DeliverAsync(next);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The drain's deadline has passed.
        }

        for (var slot = 0; slot < _options.MaxInFlight; slot++)
        {
            await _inFlight.WaitAsync();
        }

        while (_queue.TryDequeue(out var left))
        {
            Complete(left, new DeliveryResult(FinalOutcome.Kept, null), 0);
        }

        LogDrops();
        await _connection.CloseAsync(_stop.Token);
    }

    // Returns null once the queue is closed and empty. While the circuit is open, the queue is read only to probe.
    async Task<PendingDelivery?> NextDeliveryAsync()
    {
        if (!await _queue.WaitAsync())
        {
            return null;
        }

        // A halted sink returns the items that it dequeues, except one as a probe.
        var probe = _circuit.Halt is null && await _circuit.EnterAsync(_stop.Token);
        return new PendingDelivery(await _queue.ReadBatchAsync(), probe);
    }

    async Task DeliverAsync(PendingDelivery delivery)
    {
        try
        {
            await _retries.ExecuteAsync(
                static async (state, stop) => await state.Runner.TryOnceAsync(state.Delivery, stop), (Runner: this, Delivery: delivery), _stop.Token);
            Complete(delivery);
            // Reconnect a sink that is down before taking more from the queue.
            await _connection.ConnectAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            Complete(delivery);
        }
        catch (Exception error)
        {
            DeliveryLog.BrokeOff(_logger, Name, error);
            Complete(delivery);
        }
        finally
        {
            _inFlight.Release();
        }
    }

    // One attempt for the retry count; failures while the circuit is open do not count.
    async ValueTask<PendingDelivery> TryOnceAsync(PendingDelivery delivery, CancellationToken stop)
    {
        do
        {
            if (_circuit.Halt is { } halt && !delivery.GiveBack(halt, _complete))
            {
                return delivery;
            }

            var probe = delivery.TakeProbe() || await _circuit.EnterAsync(stop);
            bool? decided = null;
            try
            {
                if (_rate is not null)
                {
                    await _rate.TakeAsync(delivery.Pending.Count, stop);
                }

                if ((probe || _circuit.State == CircuitState.Closed) && delivery.GiveBackExpired(_time.GetUtcNow(), _complete)
                    && (_withdrawn is not { IsEmpty: false } withdrawn || delivery.Withdraw(withdrawn, _complete)))
                {
                    decided = await WriteAsync(delivery, probe, stop);
                }
            }
            finally
            {
                _circuit.Leave(probe, decided, delivery.Wait, decided is null ? null : delivery.Halt);
            }

            if (probe && decided == false)
            {
                delivery.CountFailedProbe(_complete);
            }
        }
        while (delivery.Pending.Count > 0 && _circuit.State != CircuitState.Closed);

        delivery.FailExhausted(_options.Retries, _complete);
        return delivery;
    }

    async Task<bool> WriteAsync(PendingDelivery delivery, bool probe, CancellationToken stop)
    {
        var batch = new DeliveryBatch(delivery.Pending);
        if (delivery.Tries > 0)
        {
            Counters.AddRetried(batch.Items.Count);
        }

        var failure = await _connection.WriteAsync(batch, stop);
        var decided = delivery.Apply(batch, failure, counts: !probe, _complete);
        Counters.AddUnmarked(delivery.Unmarked);
        _unmarked.Add(delivery.Unmarked);
        var problem = failure ?? delivery.Problem;
        _connection.RecordWrite(decided, problem is null ? null : FailureReason.Clean(problem, batch.Items));
        return decided;
    }
}
