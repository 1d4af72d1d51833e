using System.Threading.Channels;
using CartRecovery.Contracts;
using Microsoft.Extensions.Logging;
using Polly;
using Prometheus;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// Drives one configured sink: a bounded queue that partitions put into without waiting, and a task that gathers batches from it, hands
/// at most <c>maxInFlight</c> of them to the sink at once, and tries again what did not arrive. While the receiver is down the queue waits.
/// Whatever the sink does (slow, down, hung, throwing), it costs its own queue's newest interventions and nothing else.
/// </summary>
public sealed class SinkRunner
{
    // Kept of the drain's deadline for calls that have to be cancelled, and for closing the sink.
    static readonly TimeSpan DrainReserve = TimeSpan.FromMilliseconds(500);

    readonly SinkRunnerOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly Action<Intervention, DeliveryAttemptOutcome, string?>? _observer;
    readonly Action<Intervention, DeliveryAttemptOutcome, string?, int> _settle;
    readonly SinkConnection _connection;
    readonly ResiliencePipeline<PendingDelivery> _retries;
    readonly SinkCircuit _circuit;
    readonly RateLimit? _rate;
    readonly int _batch;
    readonly Channel<Intervention> _queue;
    readonly DeliveryCounters _counters = new();
    readonly UnmarkedItems _unmarked;
    readonly SemaphoreSlim _hands;
    readonly CancellationTokenSource _stop = new();
    Task<bool>? _more;
    Task? _running;
    long _dropsLogged;
    long _retried;

    /// <summary>Makes the sink, without opening it.</summary>
    /// <param name="name">The sink's name in the configuration; campaigns name it as their channel.</param>
    /// <param name="spec">Its kind.</param>
    /// <param name="settings">Its options; the sink sees <paramref name="time"/> in them.</param>
    /// <param name="options">Batching, timeout, retries and bounds.</param>
    /// <param name="time">The clock of batches, timeouts, waits and the sink.</param>
    /// <param name="logger">Gets one line for each intervention that does not arrive.</param>
    /// <param name="observer">Told each intervention's final outcome, once, and why unless it was delivered: a line without the shopper.
    /// Must be quick. It is called from several threads: for <see cref="DeliveryAttemptOutcome.Dropped"/> from the one that enqueues.</param>
    /// <exception cref="SinkConfigurationException">The settings cannot work.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public SinkRunner(string name, SinkSpec spec, SinkSettings settings, SinkRunnerOptions options, TimeProvider time, ILogger logger,
        Action<Intervention, DeliveryAttemptOutcome, string?>? observer = null)
    {
        options.Validate();
        Name = name;
        Type = spec.Type;
        _options = options;
        _time = time;
        _logger = logger;
        _observer = observer;
        _settle = Settle;
        _connection = new SinkConnection(name, spec.Create(settings.With(time)), options, time, logger);
        _retries = Backoff.ForDeliveries(options, time);
        _unmarked = new UnmarkedItems(name, time, logger);
        _circuit = new SinkCircuit(name, options, time, logger);
        _rate = options.RateLimit > 0 ? new RateLimit(options.RateLimit, time) : null;
        _batch = Math.Min(options.Batch, _rate?.Burst ?? int.MaxValue);
        _hands = new SemaphoreSlim(options.MaxInFlight);
        // "Wait" is for WriteAsync, which nobody calls: TryWrite on a full queue says no, and the newest is dropped.
        _queue = Channel.CreateBounded<Intervention>(new BoundedChannelOptions(options.Queue) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    /// <summary>The sink's name in the configuration.</summary>
    public string Name { get; }

    /// <summary>The kind of sink.</summary>
    public string Type { get; }

    /// <summary>Interventions that wait in the queue.</summary>
    public int QueueDepth => _queue.Reader.Count;

    /// <summary>How many more the queue would take now. Whoever alone fills it finds at least these places.</summary>
    public int FreePlaces => Math.Max(0, _options.Queue - _queue.Reader.Count);

    /// <summary>Interventions that the queue had no place for.</summary>
    public long Dropped => Total(DeliveryAttemptOutcome.Dropped);

    /// <summary>Interventions handed to the sink again, each time counted.</summary>
    public long Retried => Volatile.Read(ref _retried);

    /// <summary>Items that the sink returned without a mark, each time counted. They are retried; the sink breaks its contract.</summary>
    public long Unmarked => _unmarked.Count;

    /// <summary>Writes so far, failed ones among them.</summary>
    public long Writes => _connection.Writes;

    /// <summary>Observes how long writes take in seconds, failed ones among them. Before the start.</summary>
    public void Measure(IHistogram writeTimes) => _connection.WriteTimes = writeTimes;

    /// <summary>What the engine last saw of the sink.</summary>
    public SinkState State => new(_connection.IsConnected, _connection.LastError, _connection.ConsecutiveFailures, _circuit.State);

    /// <summary>How many interventions ended so.</summary>
    public long Total(DeliveryAttemptOutcome outcome) => _counters.Total(outcome);

    /// <summary>How many interventions with this action ended so.</summary>
    public long Count(ActionKind action, DeliveryAttemptOutcome outcome) => _counters.Read(action, outcome);

    /// <summary>Connects the sink and begins to deliver. To be called once.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Puts an intervention into the queue. Never waits; any thread may call it.</summary>
    /// <returns><see langword="false"/> when the queue is full or closed: it is counted as dropped.</returns>
    public bool TryEnqueue(Intervention intervention)
    {
        if (_queue.Writer.TryWrite(intervention))
            return true;
        Settle(intervention, DeliveryAttemptOutcome.Dropped, null, 0);
        return false;
    }

    /// <summary>Puts an intervention into the queue as soon as there is room.</summary>
    /// <exception cref="ChannelClosedException">The queue is closed.</exception>
    public ValueTask EnqueueAsync(Intervention intervention) => _queue.Writer.WriteAsync(intervention, _stop.Token);

    /// <summary>Whether the sink can deliver now: its circuit is closed, and it says so itself. Answers within two seconds.</summary>
    public async Task<SinkReport> CheckHealthAsync(CancellationToken cancellationToken)
    {
        var health = await _connection.CheckHealthAsync(cancellationToken);
        var state = State;
        if (health.Healthy && state.Circuit != CircuitState.Closed)
            health = new SinkHealth(Healthy: false, $"writes fail: {state.LastError}");
        return new SinkReport(Name, Type, health, state);
    }

    /// <summary>
    /// Closes the queue, delivers what is in it, and closes the sink. What is not delivered by the deadline is cancelled, counted as kept
    /// and logged; half a second of the deadline, or half of a shorter one, is kept for that.
    /// </summary>
    /// <param name="deadline">When this returns at the latest, from now.</param>
    public async Task DrainAsync(TimeSpan deadline)
    {
        _queue.Writer.TryComplete();
        if (_running is null)
            await _stop.CancelAsync();
        var running = _running ??= RunAsync();
        var reserve = deadline / 2 < DrainReserve ? deadline / 2 : DrainReserve;
        await running.WaitAsync(deadline - reserve, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompleted)
            return;
        _ = _stop.CancelAsync();
        await running.WaitAsync(reserve, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task RunAsync()
    {
        try
        {
            await _connection.ConnectAsync(_stop.Token);
            while (true)
            {
                await _hands.WaitAsync(_stop.Token);
                LogDrops();
                PendingDelivery? next = null;
                try
                {
                    next = await NextDeliveryAsync();
                }
                finally
                {
                    if (next is null)
                        _hands.Release();
                }

                if (next is null)
                    break;
                _ = DeliverAsync(next);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The deadline of the drain is over.
        }

        for (var hand = 0; hand < _options.MaxInFlight; hand++)
            await _hands.WaitAsync();
        while (_queue.Reader.TryRead(out var left))
            Settle(left, DeliveryAttemptOutcome.Kept, null, 0);
        LogDrops();
        await _connection.CloseAsync(_stop.Token);
    }

    // Null when the queue is closed and empty. An open circuit leaves the queue alone, until it is the queue's turn to probe.
    async Task<PendingDelivery?> NextDeliveryAsync()
    {
        if (!await NextAsync())
            return null;
        var probe = await _circuit.EnterAsync(_stop.Token);
        return new PendingDelivery(await GatherAsync(), probe);
    }

    // A batch by size or by the age of its first item, which is in the queue.
    async Task<List<Intervention>> GatherAsync()
    {
        var reader = _queue.Reader;
        var batch = new List<Intervention>(Math.Min(_batch, Math.Max(1, reader.Count)));
        using var full = new CancellationTokenSource();
        Task? aged = null;
        while (true)
        {
            while (batch.Count < _batch && reader.TryRead(out var item))
                batch.Add(item);
            if (batch.Count == _batch)
                break;
            aged ??= Task.Delay(_options.BatchAge, _time, full.Token);
            _more ??= reader.WaitToReadAsync().AsTask();
            if (await Task.WhenAny(_more, aged) == aged || !await NextAsync())
                break;
        }

        // The age's timer goes; the wait for more stays for the next batch.
        await full.CancelAsync();
        return batch;
    }

    Task<bool> NextAsync()
    {
        var more = _more ?? _queue.Reader.WaitToReadAsync().AsTask();
        _more = null;
        return more;
    }

    async Task DeliverAsync(PendingDelivery delivery)
    {
        try
        {
            await _retries.ExecuteAsync(
                static async (state, stop) => await state.Runner.TryOnceAsync(state.Delivery, stop), (Runner: this, Delivery: delivery), _stop.Token);
            Settle(delivery);
            // A sink that is down is connected again before more is taken from the queue.
            await _connection.ConnectAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            Settle(delivery);
        }
        catch (Exception error)
        {
            DeliveryLog.BrokeOff(_logger, Name, error);
            Settle(delivery);
        }
        finally
        {
            _hands.Release();
        }
    }

    // One try for the retries to count. What fails while the circuit is open is none.
    async ValueTask<PendingDelivery> TryOnceAsync(PendingDelivery delivery, CancellationToken stop)
    {
        do
        {
            var probe = delivery.TakeProbe() || await _circuit.EnterAsync(stop);
            bool? decided = null;
            try
            {
                if (_rate is not null)
                    await _rate.TakeAsync(delivery.Pending.Count, stop);
                if (probe || _circuit.State == CircuitState.Closed)
                    decided = await WriteAsync(delivery, stop);
            }
            finally
            {
                _circuit.Leave(probe, decided, delivery.Wait);
            }

            if (probe && decided == false)
                delivery.CountFailedProbe(_settle);
        }
        while (delivery.Pending.Count > 0 && _circuit.State != CircuitState.Closed);

        return delivery;
    }

    async Task<bool> WriteAsync(PendingDelivery delivery, CancellationToken stop)
    {
        var batch = new DeliveryBatch(delivery.Pending);
        if (delivery.Tries > 0)
            Interlocked.Add(ref _retried, batch.Items.Count);
        var failure = await _connection.WriteAsync(batch, stop);
        var decided = delivery.Apply(batch, failure, _settle);
        _unmarked.Add(delivery.Unmarked);
        var problem = failure ?? delivery.Problem;
        _connection.Note(decided, problem is null ? null : FailureReason.Clean(problem, batch.Items));
        return decided;
    }

    void Settle(PendingDelivery delivery)
    {
        var pending = delivery.Pending;
        var outcome = _stop.IsCancellationRequested ? DeliveryAttemptOutcome.Kept : DeliveryAttemptOutcome.Failed;
        for (var i = 0; i < pending.Count; i++)
            Settle(pending[i], outcome, delivery.ReasonOf(i), delivery.Tries);
        delivery.Close();
    }

    void Settle(Intervention intervention, DeliveryAttemptOutcome outcome, string? reason, int tries)
    {
        _counters.Add(intervention.Action, outcome);
        var why = outcome switch
        {
            DeliveryAttemptOutcome.Delivered => null,
            DeliveryAttemptOutcome.Dropped => "the queue was full",
            _ => FailureReason.Clean(reason ?? "the engine stopped", [intervention]),
        };
        switch (outcome)
        {
            case DeliveryAttemptOutcome.Delivered:
                DeliveryLog.Delivered(_logger, Name, intervention.Id, intervention.Action, tries);
                break;
            case DeliveryAttemptOutcome.Rejected:
                DeliveryLog.Rejected(_logger, Name, intervention.Id, intervention.Action, why!);
                break;
            case DeliveryAttemptOutcome.Bounced:
                DeliveryLog.Bounced(_logger, Name, intervention.Id, intervention.Action, why!);
                break;
            case DeliveryAttemptOutcome.Kept:
                DeliveryLog.Kept(_logger, Name, intervention.Id, intervention.Action, tries);
                break;
            case DeliveryAttemptOutcome.Failed:
                DeliveryLog.Failed(_logger, Name, intervention.Id, intervention.Action, tries, why!);
                break;
        }

        try
        {
            _observer?.Invoke(intervention, outcome, why);
        }
        catch (Exception error)
        {
            DeliveryLog.ObserverThrew(_logger, Name, error);
        }
    }

    // Not from the partition's thread, and once for many: a full queue is no reason for a flood.
    void LogDrops()
    {
        var dropped = Dropped;
        if (dropped == _dropsLogged)
            return;
        DeliveryLog.Dropped(_logger, Name, _options.Queue, dropped - _dropsLogged);
        _dropsLogged = dropped;
    }
}
