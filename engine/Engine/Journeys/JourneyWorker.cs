using System.Threading.Channels;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Runs the journey engine on its own thread, on what the journals' tails have. What it commits is synced on another thread; only then may
/// journals be truncated. Nothing else waits for it: while its database is locked, slow or damaged, it lags and retries.
/// </summary>
public sealed class JourneyWorker : IDisposable
{
    /// <summary>Maximum number of decisions and customer events in a transaction, or little more.</summary>
    public const int MaxItems = 8192;

    /// <summary>Maximum length of the journal entries they are read from, in bytes, apart from the last entry.</summary>
    public const int MaxItemBytes = 16 << 20;

    // How often due messages are checked (ms).
    const int Pause = 25;

    static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(10);

    readonly JourneyEngine _engine;
    readonly TimeProvider _time;
    readonly JourneyInbox _inbox = new();
    readonly JourneyProgress _progress = new();
    readonly JourneyTransactions _transactions;
    readonly OutcomeSummarizer _summarizer;
    readonly CancellationTokenSource _stop = new();
    Thread? _thread;
    JourneyFeed? _feed;
    WalCheckpointer? _log;

    /// <param name="engine">The journey engine.</param>
    /// <param name="ports">The engine's surroundings.</param>
    /// <param name="time">The clock.</param>
    public JourneyWorker(JourneyEngine engine, IJourneyPorts ports, TimeProvider time)
    {
        _engine = engine;
        _time = time;
        _transactions = new JourneyTransactions(engine, ports, _progress, time, _stop.Token);
        _summarizer = new OutcomeSummarizer(engine.Store.Database.Path, outcomes => _inbox.TryAdd(outcomes));
    }

    /// <summary>The name of its cursors in the journals.</summary>
    public static string ReaderName => JourneyFeed.Name;

    /// <summary>The entries that it reads.</summary>
    public static IReadOnlyList<EntryKind> ReadKinds => JourneyFeed.Kinds;

    /// <summary>Why nothing can be stored; null if it can.</summary>
    public string? Problem => _transactions.Problem ?? _log?.Problem;

    /// <summary>The engine's counters.</summary>
    public JourneyCounters Counters => _engine.Counters;

    /// <summary>Number of commands and answers in the queue.</summary>
    public int Depth => _inbox.Count;

    /// <summary>Journal entries that were not read yet.</summary>
    public long Lag => _feed?.Lag ?? 0;

    /// <summary>How far the processing is behind the journals.</summary>
    public TimeSpan LagTime => _feed?.LagTime(_time) ?? TimeSpan.Zero;

    /// <summary>Bytes of the journals that were deleted before they were read.</summary>
    public long Lost => _feed?.Lost ?? 0;

    /// <summary>Called once, on the thread, when it fails.</summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>Called with each decision when it is read, on the journey thread. May receive the same decision again after a retry.</summary>
    public Action<Intervention>? OnDecided { get; set; }

    /// <summary>Called on the journey thread with a partition and what was missed in its journal.</summary>
    public Action<int, JournalGap>? OnLost { get; set; }

    /// <summary>Starts the thread.</summary>
    /// <param name="tails">The partitions' journals, recovered.</param>
    public void Start(IReadOnlyList<JournalTail> tails)
    {
        _log = new WalCheckpointer(_engine.Store.Database, tails.Count);
        _feed = new JourneyFeed(tails, PositionOf, _inbox.Wake, (partition, gap) => OnLost?.Invoke(partition, gap));
        for (var i = 0; i < tails.Count; i++)
        {
            _log.Restore(i, _feed.Read[i]);
        }

        _thread = new Thread(Run) { Name = "journeys", IsBackground = true };
        _thread.Start();

        // Positions belong to a journal on disk.
        long? PositionOf(int partition) => tails[partition].IsDurable ? _engine.Store.PositionOf(partition) : null;
    }

    /// <summary>Queues the outcome of a delivery by a sink. Any thread.</summary>
    /// <inheritdoc cref="DeliveryCompleted"/>
    public void RecordOutcome(Intervention intervention, WithheldReason reason, string? detail, TimeSpan? after = null) =>
        _inbox.AddCompleted(new DeliveryCompleted(intervention, reason, detail, (long?)after?.TotalMilliseconds));

    /// <summary>Runs a function on the journey thread, within a transaction.</summary>
    /// <returns>The function's result, once the transaction is committed.</returns>
    /// <exception cref="ChannelClosedException">The engine is stopping.</exception>
    /// <exception cref="JourneysBusyException">Too many commands are waiting.</exception>
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
        return _inbox.TryAdd(command) switch
        {
            InboxResult.Added => done.Task,
            InboxResult.Full => throw new JourneysBusyException(),
            _ => throw new ChannelClosedException(),
        };
    }

    /// <summary>Completes once everything acknowledged before the call is processed and committed.</summary>
    /// <exception cref="ChannelClosedException">The engine is stopping.</exception>
    public Task CatchUpAsync()
    {
        var caughtUp = _progress.WaitAsync(_feed!.Ends());
        _inbox.Wake();
        return caughtUp;
    }

    /// <summary>Completes once everything acknowledged and queued before is processed and persisted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync().WaitAsync(cancellationToken);
        await InvokeAsync((_, _) => true).WaitAsync(cancellationToken);

        // Not by further commands: each is a commit that would have to be synced too.
        var synced = _log!.WhenSynced();
        _inbox.Wake();
        await synced.WaitAsync(cancellationToken);
    }

    /// <summary>Processes what is queued, then stops the thread. The journals keep what it has not read.</summary>
    /// <returns><see langword="false"/> if the database did not respond in time: nothing of the last transactions is persisted.</returns>
    public bool Stop()
    {
        if (_stop.IsCancellationRequested || _thread is null)
        {
            return true;
        }

        _stop.Cancel();
        _inbox.Close();
        var hasEnded = _thread.Join(s_stopTimeout) && _transactions.Problem is null && _log!.Finish(s_stopTimeout);
        Release();
        return hasEnded;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        if (_thread is { IsAlive: true })
        {
            // Blocked in the database, which it still uses. The process ends, and the next start continues from what was committed.
            return;
        }

        _feed?.Dispose();
        _log?.Dispose();
        _engine.Dispose();
        _stop.Dispose();
    }

    /// <summary>Queues the answer to <see cref="IJourneyPorts.LookUp"/>; without room, the messages become due again. Any thread.</summary>
    public void AddCarts(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> carts) => _inbox.TryAdd(new CartsFound(carts));

    /// <summary>Queues that a shopper is back whose offer waits; without room, it waits for the next time. Any thread.</summary>
    public void ReturnShopper(in Hash128 cart) => _inbox.TryAdd(new ShopperReturned(cart));

    void Run()
    {
        try
        {
            _transactions.Resume();
            while (!_inbox.IsCompleted || _transactions.Items.Count > 0)
            {
                Gather();
                _transactions.Process(_feed!.Read, _log!);
                _log!.Sync();
                Release();
                _summarizer.StartIfDue(_time.GetUtcNow().ToUnixTimeMilliseconds(), _engine.IsTimeToLearn);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && _stop.IsCancellationRequested)
        {
            // A stop while the database is unavailable is no fault: the next start continues from what was committed.
        }
#pragma warning disable CA1031 // Whatever it was, nobody is contacted any more: the process must say so and stop.
        catch (Exception e)
#pragma warning restore CA1031
        {
            OnFault?.Invoke(e);
        }
        finally
        {
            _inbox.Close();
            _progress.End();
        }
    }

    void Gather()
    {
        var items = _transactions.Items;
        _inbox.Gather(items, _transactions.HasMore || _feed!.HasMore ? 0 : Pause);
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        var first = items.Count;
        _feed!.ReadInto(items, MaxItems, MaxItemBytes);
        for (var i = first; OnDecided is not null && i < items.Count; i++)
        {
            if (items[i] is Decision decision)
            {
                OnDecided(decision.Intervention);
            }
        }
    }

    void Release()
    {
        for (var i = 0; i < _log!.Persisted.Length; i++)
        {
            _feed!.Release(i, Volatile.Read(ref _log.Persisted[i]));
        }
    }
}
