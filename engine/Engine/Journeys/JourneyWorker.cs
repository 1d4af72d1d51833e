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
/// The desk's thread and its queue. What comes in is worked on at once, committed some milliseconds later together with what else came, and put on the
/// disk beside the thread: only then is a decision settled, and do journals let go of the facts. The queue is bounded; who finds it full waits, so that
/// clients' acknowledgements do.
/// </summary>
public sealed class JourneyWorker : IDecisionConsumer, IDisposable
{
    /// <summary>Decisions and customer events that wait at the most; then commits wait.</summary>
    public const int Capacity = JourneyInbox.Capacity;

    // How often it is looked at what is due, and how long a transaction is open: while little comes, or sinks are at work, whose messages would go out
    // again after a crash; and at the most; in milliseconds. Keys of shoppers are in no order, so that a transaction of ten times as many of them writes
    // few pages more.
    const int Pause = 25, LongPause = 250;

    // So much in a pause is little.
    const int Little = 16;

    // A failed transaction is tried again after this, in milliseconds.
    const int Again = 200;

    // What came of things is summed up this long after the last time at the earliest, in milliseconds.
    const long SumAgain = 60_000;

    static readonly object s_done = new();

    readonly JourneyEngine _engine;
    readonly IJourneyPorts _ports;
    readonly TimeProvider _time;
    readonly JourneyInbox _inbox;
    readonly List<object> _batch = new(JourneyInbox.MostItems);
    readonly Thread _thread;
    readonly WalCheckpointer _log;

    // What is to be done when the transaction is kept.
    readonly List<Action> _kept = [];
    readonly ManualResetEventSlim _stop = new();
    List<Intervention> _left = [];
    Task _summing = Task.CompletedTask;
    long _summedAt;
    int _worked;
    bool _hasBegun, _hasMore, _hasEnded;
    long _begunAt, _ranAt;
    volatile string? _problem;
    volatile bool _stopping;

    /// <param name="engine">What it works for.</param>
    /// <param name="ports">The world around the desk.</param>
    /// <param name="partitions">How many partitions hand things over.</param>
    /// <param name="time">The clocks.</param>
    public JourneyWorker(JourneyEngine engine, IJourneyPorts ports, int partitions, TimeProvider time)
    {
        _engine = engine;
        _ports = ports;
        _time = time;
        _inbox = new JourneyInbox(partitions);
        _log = new WalCheckpointer(engine.Store.Database, partitions, ports.MarkPersisted);
        for (var i = 0; i < partitions; i++)
        {
            _inbox.Covered[i] = engine.Store.PositionOf(i);
            _log.Restore(i, _inbox.Covered[i]);
        }

        _thread = new Thread(Run) { Name = "outreach", IsBackground = true };
    }

    /// <summary>Why nothing can be kept at the moment; null while all is well.</summary>
    public string? Problem => _problem ?? _log.Problem;

    /// <summary>What waits.</summary>
    public int Depth => _inbox.Count;

    /// <summary>Called once, on the thread, when it dies.</summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>Is told of every decision before it is taken, on the thread that hands it over: it must not block.</summary>
    public Action<Intervention>? OnDecided { get; set; }

    /// <inheritdoc/>
    public bool TakesCustomerEvents => true;

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
    public void Afterwards(Action then) => Add(then);

    /// <inheritdoc/>
    public void Advance(int partition, long address) => _inbox.Advance(partition, address);

    /// <inheritdoc/>
    public long PersistedUpTo(int partition) => Volatile.Read(ref _log.Persisted[partition]);

    /// <summary>Takes the end of a delivery by a sink. Any thread.</summary>
    public void RecordOutcome(Intervention intervention, WithheldReason reason, string? detail) => _inbox.AddEnded(new Ended(intervention, reason, detail));

    /// <summary>Does something on the desk's thread, within a transaction.</summary>
    /// <returns>What came of it, once it is kept.</returns>
    /// <exception cref="ChannelClosedException">The engine stops.</exception>
    public Task<T> Do<T>(Func<JourneyEngine, long, T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var errand = new JourneyCommand((engine, now) =>
        {
            var result = work(engine, now);
            return () => done.TrySetResult(result);
        });
        return _inbox.Add(errand) ? done.Task : throw new ChannelClosedException();
    }

    /// <summary>Completes when everything that came in before is worked off, on the disk and settled.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        do
        {
            await Do((_, _) => true).WaitAsync(cancellationToken);
        }
        while (_log.Pending > 0);
    }

    /// <summary>Works off what came in, puts it on the disk, and stops.</summary>
    public void Stop()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _stop.Set();
        _inbox.Complete();
        if (_thread.IsAlive)
        {
            _thread.Join(TimeSpan.FromSeconds(20));
        }

        _log.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _log.Dispose();
        _engine.Dispose();
        _stop.Dispose();
    }

    /// <summary>Takes the answer to <see cref="IJourneyPorts.LookUp"/>. Any thread.</summary>
    public void TakeCarts(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> carts) => Add(new Found(carts));

    // Where nothing more is taken the engine stops: what is handed over then was not settled, and comes again.
    void Add(object item) => _inbox.Add(item);

    void Run()
    {
        try
        {
            _left = _engine.Resume(_time.GetUtcNow().ToUnixTimeMilliseconds());
            while (!_inbox.IsCompleted || _batch.Count > 0)
            {
                _inbox.Gather(_batch, _hasMore ? 0 : Pause);
                Work();
                _log.Sync();
                SumUp();
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

    // Beside the thread, over a connection of its own: with many journeys it takes seconds.
    void SumUp()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (_summing.IsCompleted && now - _summedAt >= SumAgain && _engine.IsTimeToLearn(now))
        {
            _summedAt = now;
            _summing = Task.Run(() =>
            {
                try
                {
                    using var reader = new Database(_engine.Store.Database.Path, isReader: true);
                    Add(OutcomeSummary.Of(reader, now));
                }
                catch (IOException)
                {
                    // What was learned before stays; it is tried again a minute later.
                }
            });
        }
    }

    void Work()
    {
        while (true)
        {
            try
            {
                WorkOnce();
                _problem = null;
                return;
            }
            catch (IOException e)
            {
                // The disk is full, or gone for a while: the same again until it takes it.
                _problem = e.Message;
                _engine.Store.RollBack();
                (_worked, _hasBegun) = (0, false);
                _kept.Clear();
                if (_stopping)
                {
                    throw;
                }

                _stop.Wait(Again);
            }
        }
    }

    void WorkOnce()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!_hasBegun)
        {
            if (_batch.Count == 0 && !_engine.HasDue(now) && _left.Count == 0)
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
            for (; _worked < _batch.Count; _worked++)
            {
                Work(_worked, now);
            }
        }
        finally
        {
            _ports.Flush();
        }

        // Nobody but an errand waits for the commit.
        var open = _time.GetElapsedTime(_begunAt).TotalMilliseconds;
        if (_kept.Count > 0 || _batch.Count == 0 || _batch.Count >= JourneyInbox.MostItems || _stopping
            || open >= (_batch.Count <= Little || _hasEnded || _ports.HasSinkWork ? Pause : LongPause))
        {
            Run(now);
            Commit();
        }
        else if (_hasMore || _time.GetElapsedTime(_ranAt).TotalMilliseconds >= Pause)
        {
            Run(now);
        }
    }

    // What is due, and what sinks had room for since.
    void Run(long now)
    {
        if (_left.Count > 0)
        {
            _left = _engine.Resume(now, _left);
        }

        _hasMore = !_engine.Run(now);
        _ports.Flush();
        _ranAt = _time.GetTimestamp();
    }

    void Work(int index, long now)
    {
        switch (_batch[index])
        {
            case Action then:
                // Everything before it has been answered; whether that is kept is not for it to wait for, as journals have it. Only once, come what may.
                _batch[index] = s_done;
                then();
                break;
            case Decision decision:
                _engine.Take(decision, now);
                break;
            case CustomerEvent e:
                _engine.Take(e, now);
                break;
            case Found found:
                _engine.TakeCarts(found.Carts, now);
                break;
            case Ended ended:
                _hasEnded = true;
                _engine.RecordOutcome(ended.Intervention, ended.Reason, ended.Detail, now);
                break;
            case OutcomeSummary outcomes:
                _engine.Learn(outcomes, now);
                break;
            case JourneyCommand errand:
                _kept.Add(errand.Work(_engine, now));
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
        _ports.Forget();
        _log.Add(_engine.TakeProcessed());
        _log.Advance(_inbox.Covered);
        _batch.Clear();
        (_worked, _hasBegun, _hasEnded) = (0, false, false);
        _kept.ForEach(tell => tell());
        _kept.Clear();
    }
}
