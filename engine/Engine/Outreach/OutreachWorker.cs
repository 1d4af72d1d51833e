using System.Collections.Concurrent;
using System.Threading.Channels;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Features;

namespace CartRecovery.Engine.Outreach;

/// <summary>
/// The desk's thread and its queue. What comes in is worked on in batches, a transaction each, and put on the disk beside it: only then is a
/// decision settled, and do journals let go of the facts. The queue is bounded; who finds it full waits, so that clients' acknowledgements do.
/// </summary>
public sealed class OutreachWorker : IInterventionOutlet, IDisposable
{
    const int MostItems = 2048;
    const int Pause = 25;

    // A failed transaction is tried again after this, in milliseconds.
    const int Again = 200;

    readonly OutreachDesk _desk;
    readonly OutreachPorts _ports;
    readonly TimeProvider _time;
    readonly BlockingCollection<object> _queue = new(MemoryBudget.OutreachQueue);
    readonly List<object> _batch = new(MostItems);
    readonly Thread _thread;
    readonly DurableLog _log;
    readonly long[] _advanced;
    readonly ManualResetEventSlim _stop = new();
    List<Intervention> _left = [];
    volatile string? _problem;
    volatile bool _stopping;

    /// <param name="desk">What it works for.</param>
    /// <param name="ports">The world around the desk.</param>
    /// <param name="partitions">How many partitions hand things over.</param>
    /// <param name="time">The clocks.</param>
    public OutreachWorker(OutreachDesk desk, OutreachPorts ports, int partitions, TimeProvider time)
    {
        _desk = desk;
        _ports = ports;
        _time = time;
        _advanced = new long[partitions];
        _log = new DurableLog(desk.Store.Database, partitions, ports.Settle);
        for (var i = 0; i < partitions; i++)
        {
            _log.Restore(i, desk.Store.PositionOf(i));
        }

        _thread = new Thread(Run) { Name = "outreach", IsBackground = true };
    }

    /// <summary>Why nothing can be kept at the moment; null while all is well.</summary>
    public string? Problem => _problem ?? _log.Problem;

    /// <summary>What waits.</summary>
    public int Depth => _queue.Count;

    /// <summary>Called once, on the thread, when it dies.</summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>Is told of every decision before it is taken, on the thread that hands it over: it must not block.</summary>
    public Action<Intervention>? OnDecided { get; set; }

    /// <inheritdoc/>
    public bool TakesFacts => true;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <inheritdoc/>
    public void Deliver(Decision decision)
    {
        OnDecided?.Invoke(decision.Intervention);
        Add(decision);
    }

    /// <inheritdoc/>
    public void Note(CartFact fact) => Add(fact);

    /// <inheritdoc/>
    public void Afterwards(Action then) => Add(new Errand((_, _) => then));

    /// <inheritdoc/>
    public void Advance(int partition, long address) => Volatile.Write(ref _advanced[partition], address);

    /// <inheritdoc/>
    public long NotedUpTo(int partition) => Volatile.Read(ref _log.Noted[partition]);

    /// <summary>Takes the end of a delivery by a sink. Any thread.</summary>
    public void Settle(Intervention intervention, WithheldReason reason, string? detail) => Add(new Ended(intervention, reason, detail));

    /// <summary>Does something on the desk's thread, within a transaction.</summary>
    /// <returns>What came of it, once it is kept.</returns>
    /// <exception cref="ChannelClosedException">The engine stops.</exception>
    public Task<T> Do<T>(Func<OutreachDesk, long, T> work)
    {
        if (_stopping)
        {
            throw new ChannelClosedException();
        }

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(new Errand((desk, now) =>
        {
            var result = work(desk, now);
            return () => done.TrySetResult(result);
        }));
        return done.Task;
    }

    /// <summary>Completes when everything that came in before is worked off, on the disk and settled.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        do
        {
            await Do((_, _) => true).WaitAsync(cancellationToken);
        }
        while (_log.Unsettled > 0);
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
        _queue.CompleteAdding();
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
        _desk.Dispose();
        _queue.Dispose();
        _stop.Dispose();
    }

    internal void TakeCarts(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> carts) => Add(new Found(carts));

    void Add(object item)
    {
        try
        {
            _queue.Add(item);
        }
        catch (InvalidOperationException) when (_stopping)
        {
            // The engine stops: what is handed over now was not settled, and comes again.
        }
    }

    void Run()
    {
        try
        {
            _left = _desk.Resume(_time.GetUtcNow().ToUnixTimeMilliseconds());
            var more = false;
            while (!_queue.IsCompleted)
            {
                // What was handed over before this is in the queue, and the whole queue is in the batch unless it is very long.
                var advanced = Array.ConvertAll(_advanced, address => address);
                var count = _queue.Count;
                if (_queue.TryTake(out var item, more ? 0 : Pause))
                {
                    _batch.Add(item);
                    while (_batch.Count < Math.Min(Math.Max(count, 1), MostItems) && _queue.TryTake(out item))
                    {
                        _batch.Add(item);
                    }
                }

                more = Work(count <= MostItems ? advanced : null);
                _batch.Clear();
                _log.Sync();
            }
        }
#pragma warning disable CA1031 // Whatever it was, nobody is contacted any more: the process must say so and stop.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _stopping = true;
            _queue.CompleteAdding();
            OnFault?.Invoke(e);
        }
    }

    bool Work(long[]? advanced)
    {
        while (true)
        {
            try
            {
                var more = WorkOnce(advanced, out var done);
                _problem = null;
                _ports.Forget();
                done.ForEach(tell => tell());
                return more;
            }
            catch (IOException e)
            {
                // The disk is full, or gone for a while: the same again until it takes it.
                _problem = e.Message;
                _desk.Store.RollBack();
                if (_stopping)
                {
                    throw;
                }

                _stop.Wait(Again);
            }
        }
    }

    bool WorkOnce(long[]? advanced, out List<Action> done)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        done = [];
        if (_batch.Count == 0 && !_desk.HasDue(now) && _left.Count == 0)
        {
            _log.Advance(advanced);
            return false;
        }

        _desk.Begin();
        foreach (var item in _batch)
        {
            switch (item)
            {
                case Decision decision:
                    _desk.Take(decision, now);
                    break;
                case CartFact fact:
                    _desk.Take(fact, now);
                    break;
                case Found found:
                    _desk.TakeCarts(found.Carts, now);
                    break;
                case Ended ended:
                    _desk.Settle(ended.Intervention, ended.Reason, ended.Detail, now);
                    break;
                case Errand errand:
                    done.Add(errand.Work(_desk, now));
                    break;
            }
        }

        if (_left.Count > 0)
        {
            _left = _desk.Resume(now, _left);
        }

        var more = !_desk.Run(now);
        for (var i = 0; advanced is not null && i < advanced.Length; i++)
        {
            _desk.Store.SetPosition(i, advanced[i]);
        }

        _desk.Commit();
        _log.Add(_desk.TakeSettled());
        _log.Advance(advanced);
        return more;
    }

    sealed record Ended(Intervention Intervention, WithheldReason Reason, string? Detail);

    sealed record Found(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> Carts);

    sealed record Errand(Func<OutreachDesk, long, Action> Work);
}
