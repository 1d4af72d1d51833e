using System.Threading.Channels;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Runs the journey engine on its own thread. Processes items at once, commits them milliseconds later, and syncs on another thread; only
/// then are decisions marked as persisted and journals truncated. Writers block when the queue is full, which delays acknowledgements.
/// </summary>
public sealed class JourneyWorker : IDecisionConsumer, IDisposable
{
    /// <summary>Maximum number of decisions and customer events in the queue. When it is full, commits wait.</summary>
    public const int Capacity = JourneyInbox.Capacity;

    // How often due messages are checked and how long a transaction stays open (ms): short under light load and while sinks have work,
    // which a crash would repeat. Shoppers' keys are random, so ten times as many per transaction write few more pages.
    const int Pause = 25, LongPause = 250;

    // At most this many items per pause count as light load.
    const int LightLoadItems = 16;

    // Delay before a failed transaction is retried (ms).
    const int RetryDelay = 200;

    static readonly object s_done = new();

    static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(20);

    readonly JourneyEngine _engine;
    readonly IJourneyPorts _ports;
    readonly TimeProvider _time;
    readonly JourneyInbox _inbox;
    readonly List<object> _batch = new(JourneyInbox.MaxItems);
    readonly Thread _thread;
    readonly WalCheckpointer _log;
    readonly OutcomeSummarizer _summarizer;

    // Actions to run once the transaction is committed.
    readonly List<Action> _afterCommit = [];
    readonly ManualResetEventSlim _stop = new();
    List<Intervention> _undelivered = [];
    int _processed;
    bool _hasBegun, _hasMore, _hasCompleted;
    long _begunAt, _ranAt;
    volatile string? _problem;
    volatile bool _stopping;

    /// <param name="engine">The journey engine.</param>
    /// <param name="ports">The engine's surroundings.</param>
    /// <param name="partitions">Number of partitions.</param>
    /// <param name="time">The clock.</param>
    public JourneyWorker(JourneyEngine engine, IJourneyPorts ports, int partitions, TimeProvider time)
    {
        _engine = engine;
        _ports = ports;
        _time = time;
        _inbox = new JourneyInbox(partitions);
        _summarizer = new OutcomeSummarizer(engine.Store.Database.Path, Add);
        _log = new WalCheckpointer(engine.Store.Database, partitions, ports.MarkPersisted);
        for (var i = 0; i < partitions; i++)
        {
            _inbox.Covered[i] = engine.Store.PositionOf(i);
            _log.Restore(i, _inbox.Covered[i]);
        }

        _thread = new Thread(Run) { Name = "journeys", IsBackground = true };
    }

    /// <summary>Why nothing can be stored; null if it can.</summary>
    public string? Problem => _problem ?? _log.Problem;

    /// <summary>Number of items in the queue.</summary>
    public int Depth => _inbox.Count;

    /// <summary>Called once, on the thread, when it fails.</summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>Called with each decision before it is queued, on the partition's thread. Must not block.</summary>
    public Action<Intervention>? OnDecided { get; set; }

    /// <inheritdoc/>
    public bool AcceptsCustomerEvents => true;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <inheritdoc/>
    public void Deliver(Decision decision)
    {
        OnDecided?.Invoke(decision.Intervention);
        Add(decision);
    }

    /// <inheritdoc/>
    public void Consume(CustomerEvent e) => Add(e);

    /// <inheritdoc/>
    public void OnProcessed(Action then) => Add(then);

    /// <inheritdoc/>
    public void Advance(int partition, long address) => _inbox.Advance(partition, address);

    /// <inheritdoc/>
    public long PersistedUpTo(int partition) => Volatile.Read(ref _log.Persisted[partition]);

    /// <summary>Queues the outcome of a delivery by a sink. Any thread.</summary>
    public void RecordOutcome(Intervention intervention, WithheldReason reason, string? detail) => _inbox.AddCompleted(new DeliveryCompleted(intervention, reason, detail));

    /// <summary>Runs a function on the journey thread, within a transaction.</summary>
    /// <returns>The function's result, once the transaction is committed.</returns>
    /// <exception cref="ChannelClosedException">The engine is stopping.</exception>
    /// <remarks>The task fails with what <paramref name="work"/> throws, except an <see cref="IOException"/>: then it is run again.</remarks>
    public Task<T> InvokeAsync<T>(Func<JourneyEngine, long, T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var command = new JourneyCommand((engine, now) =>
        {
            try
            {
                var result = work(engine, now);
                return () => done.TrySetResult(result);
            }
#pragma warning disable CA1031 // A command fails alone: its caller gets the exception, and the thread continues. An IOException retries the batch.
            catch (Exception e) when (e is not IOException)
#pragma warning restore CA1031
            {
                return () => done.TrySetException(e);
            }
        });
        return _inbox.Add(command) ? done.Task : throw new ChannelClosedException();
    }

    /// <summary>Completes when everything queued before is processed and persisted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        do
        {
            await InvokeAsync((_, _) => true).WaitAsync(cancellationToken);
        }
        while (_log.Pending > 0);
    }

    /// <summary>Processes and persists everything queued, then stops the thread.</summary>
    public void Stop()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _stop.Set();
        _inbox.Complete();
        if (!_thread.IsAlive || _thread.Join(s_stopTimeout))
        {
            _log.Finish();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        if (_thread.IsAlive)
        {
            // Blocked in the database, which it still uses. The process ends, and the next start continues from what was committed.
            return;
        }

        _log.Dispose();
        _engine.Dispose();
        _stop.Dispose();
    }

    /// <summary>Queues the answer to <see cref="IJourneyPorts.LookUp"/>. Any thread.</summary>
    public void TakeCarts(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> carts) => Add(new CartsFound(carts));

    // If the inbox is closed the engine is stopping: the item was not persisted and is handed over again after the start.
    void Add(object item) => _inbox.Add(item);

    void Run()
    {
        try
        {
            _undelivered = _engine.Resume(_time.GetUtcNow().ToUnixTimeMilliseconds());
            while (!_inbox.IsCompleted || _batch.Count > 0)
            {
                _inbox.Gather(_batch, _hasMore ? 0 : Pause);
                ProcessBatch();
                _log.Sync();
                _summarizer.StartIfDue(_time.GetUtcNow().ToUnixTimeMilliseconds(), _engine.IsTimeToLearn);
            }
        }
#pragma warning disable CA1031 // Whatever it was, nobody is contacted any more: the process must say so and stop.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _stopping = true;
            _inbox.Complete();
            OnFault?.Invoke(e);
        }
    }

    void ProcessBatch()
    {
        while (true)
        {
            try
            {
                ProcessOnce();
                _problem = null;
                return;
            }
            catch (IOException e)
            {
                // The disk is full or unavailable: retry the same batch until it succeeds.
                _problem = e.Message;
                _engine.Store.RollBack();
                (_processed, _hasBegun) = (0, false);
                _afterCommit.Clear();
                if (_stopping)
                {
                    throw;
                }

                _stop.Wait(RetryDelay);
            }
        }
    }

    void ProcessOnce()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!_hasBegun)
        {
            if (_batch.Count == 0 && !_engine.HasDue(now) && _undelivered.Count == 0)
            {
                _hasMore = false;
                _log.Advance(_inbox.Covered);
                return;
            }

            _engine.Begin();
            _hasBegun = true;
            _begunAt = _ranAt = _time.GetTimestamp();
        }

        try
        {
            for (; _processed < _batch.Count; _processed++)
            {
                Process(_processed, now);
            }
        }
        finally
        {
            _ports.Flush();
        }

        // Only commands wait for the commit.
        var open = _time.GetElapsedTime(_begunAt).TotalMilliseconds;
        if (_afterCommit.Count > 0 || _batch.Count == 0 || _batch.Count >= JourneyInbox.MaxItems || _stopping
            || open >= (_batch.Count <= LightLoadItems || _hasCompleted || _ports.HasSinkWork ? Pause : LongPause))
        {
            Run(now);
            Commit();
        }
        else if (_hasMore || _time.GetElapsedTime(_ranAt).TotalMilliseconds >= Pause)
        {
            Run(now);
        }
    }

    // Processes due messages, and those that sinks have room for again.
    void Run(long now)
    {
        if (_undelivered.Count > 0)
        {
            _undelivered = _engine.Resume(now, _undelivered);
        }

        _hasMore = !_engine.Run(now);
        _ports.Flush();
        _ranAt = _time.GetTimestamp();
    }

    void Process(int index, long now)
    {
        switch (_batch[index])
        {
            case Action then:
                // Everything before it is processed. Acknowledgements need not wait for the commit, since the journals have it. Runs once,
                // even if the transaction is retried.
                _batch[index] = s_done;
                then();
                break;
            case Decision decision:
                _engine.Take(decision, now);
                break;
            case CustomerEvent e:
                _engine.Take(e, now);
                break;
            case CartsFound found:
                _engine.TakeCarts(found.Carts, now);
                break;
            case DeliveryCompleted completed:
                _hasCompleted = true;
                _engine.RecordOutcome(completed.Intervention, completed.Reason, completed.Detail, now);
                break;
            case OutcomeSummary outcomes:
                _engine.Learn(outcomes, now);
                break;
            case JourneyCommand command:
                _afterCommit.Add(command.Work(_engine, now));
                break;
        }
    }

    void Commit()
    {
        for (var i = 0; i < _inbox.Covered.Count; i++)
        {
            _engine.Store.SetPosition(i, _inbox.Covered[i]);
        }

        _engine.Commit();
        _ports.OnCommitted();
        _log.Add(_engine.TakeProcessed());
        _log.Advance(_inbox.Covered);
        _batch.Clear();
        (_processed, _hasBegun, _hasCompleted) = (0, false, false);
        _afterCommit.ForEach(action => action());
        _afterCommit.Clear();
    }
}
