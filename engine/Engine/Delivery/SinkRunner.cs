using System.Threading.Channels;
using CartRecovery.Contracts;
using Microsoft.Extensions.Logging;
using Polly;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// Drives one configured sink: a bounded queue that partitions put into without waiting, and a task that gathers batches from it, hands
/// at most <c>maxInFlight</c> of them to the sink at once, and tries again what did not arrive. Whatever the sink does (slow, down, hung,
/// throwing), it costs its own queue's newest interventions and nothing else.
/// </summary>
public sealed class SinkRunner
{
    // Kept of the drain's deadline for calls that have to be cancelled, and for closing the sink.
    static readonly TimeSpan DrainReserve = TimeSpan.FromMilliseconds(500);

    readonly SinkRunnerOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly Action<Intervention, DeliveryAttemptOutcome>? _observer;
    readonly Action<Intervention, DeliveryAttemptOutcome, string?, int> _settle;
    readonly SinkConnection _connection;
    readonly ResiliencePipeline<PendingDelivery> _retries;
    readonly Channel<Intervention> _queue;
    readonly DeliveryCounters _counters = new();
    readonly SemaphoreSlim _hands;
    readonly CancellationTokenSource _stop = new();
    Task<bool>? _more;
    Task? _running;
    long _dropsLogged;

    /// <summary>Makes the sink, without opening it.</summary>
    /// <param name="name">The sink's name in the configuration; campaigns name it as their channel.</param>
    /// <param name="spec">Its kind.</param>
    /// <param name="settings">Its options; the sink sees <paramref name="time"/> in them.</param>
    /// <param name="options">Batching, timeout, retries and bounds.</param>
    /// <param name="time">The clock of batches, timeouts, waits and the sink.</param>
    /// <param name="logger">Gets one line for each intervention that does not arrive.</param>
    /// <param name="observer">Told each intervention's final outcome, once; must be quick. It is called from several threads: for
    /// <see cref="DeliveryAttemptOutcome.Dropped"/> from the one that enqueues.</param>
    /// <exception cref="SinkConfigurationException">The settings cannot work.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public SinkRunner(string name, SinkSpec spec, SinkSettings settings, SinkRunnerOptions options, TimeProvider time, ILogger logger,
        Action<Intervention, DeliveryAttemptOutcome>? observer = null)
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
        _hands = new SemaphoreSlim(options.MaxInFlight);
        // "Wait" is for WriteAsync, which nobody calls: TryWrite on a full queue says no, and the newest is dropped.
        _queue = Channel.CreateBounded<Intervention>(
            new BoundedChannelOptions(options.Queue) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    /// <summary>The sink's name in the configuration.</summary>
    public string Name { get; }

    /// <summary>The kind of sink.</summary>
    public string Type { get; }

    /// <summary>Interventions that wait in the queue.</summary>
    public int QueueDepth => _queue.Reader.Count;

    /// <summary>There is room in the queue.</summary>
    public bool HasRoom => QueueDepth < _options.Queue;

    /// <summary>Interventions that the queue had no place for.</summary>
    public long Dropped => _counters.Total(DeliveryAttemptOutcome.Dropped);

    /// <summary>What the engine last saw of the sink.</summary>
    public SinkState State => _connection.State;

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

    /// <summary>Whether the sink can deliver now, as it says itself; answers within two seconds.</summary>
    public async Task<SinkReport> CheckHealthAsync(CancellationToken cancellationToken)
    {
        var health = await _connection.CheckHealthAsync(cancellationToken);
        return new SinkReport(Name, Type, health, State);
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
                if (await GatherAsync() is not { } items)
                {
                    _hands.Release();
                    break;
                }

                _ = DeliverAsync(new PendingDelivery(items));
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

    // A batch by size or by the age of its first item; null when the queue is closed and empty.
    async Task<List<Intervention>?> GatherAsync()
    {
        var reader = _queue.Reader;
        if (!await NextAsync())
            return null;
        var batch = new List<Intervention>(Math.Min(_options.Batch, Math.Max(1, reader.Count)));
        using var full = new CancellationTokenSource();
        Task? aged = null;
        while (true)
        {
            while (batch.Count < _options.Batch && reader.TryRead(out var item))
                batch.Add(item);
            if (batch.Count == _options.Batch)
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

    async ValueTask<PendingDelivery> TryOnceAsync(PendingDelivery delivery, CancellationToken stop)
    {
        var batch = new DeliveryBatch(delivery.Pending);
        var failure = await _connection.WriteAsync(batch, stop);
        var delivered = delivery.Apply(batch, failure, _settle);
        var problem = failure ?? delivery.Problem;
        _connection.Note(delivered > 0, problem is null ? null : FailureReason.Clean(problem, batch.Items));
        return delivery;
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
        switch (outcome)
        {
            case DeliveryAttemptOutcome.Delivered:
                DeliveryLog.Delivered(_logger, Name, intervention.Id, intervention.Action, tries);
                break;
            case DeliveryAttemptOutcome.Rejected:
                DeliveryLog.Rejected(_logger, Name, intervention.Id, intervention.Action, FailureReason.Clean(reason ?? "", [intervention]));
                break;
            case DeliveryAttemptOutcome.Kept:
                DeliveryLog.Kept(_logger, Name, intervention.Id, intervention.Action, tries);
                break;
            case DeliveryAttemptOutcome.Failed:
                DeliveryLog.Failed(_logger, Name, intervention.Id, intervention.Action, tries, FailureReason.Clean(reason ?? "", [intervention]));
                break;
        }

        try
        {
            _observer?.Invoke(intervention, outcome);
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
