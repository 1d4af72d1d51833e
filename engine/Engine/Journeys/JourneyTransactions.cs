using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Processes items of the journey thread in transactions: each item at once, and the commit milliseconds later, together with the positions
/// in the journals. The journey thread only, except <see cref="Problem"/>.
/// </summary>
/// <param name="engine">The journey engine.</param>
/// <param name="ports">The engine's surroundings.</param>
/// <param name="progress">Is told of commits.</param>
/// <param name="time">The clock.</param>
/// <param name="stop">Cancelled when the engine stops.</param>
sealed class JourneyTransactions(JourneyEngine engine, IJourneyPorts ports, JourneyProgress progress, TimeProvider time, CancellationToken stop)
{
    // How long a transaction stays open (ms): short under light load and while sinks have work, which a crash would repeat. Shoppers' keys
    // are random, so ten times as many per transaction write few more pages.
    const int Pause = 25, LongPause = 250;

    // At most this many items per pause count as light load.
    const int LightLoadItems = 16;

    // Delay before a failed transaction is retried (ms).
    const int RetryDelay = 200;

    // How often the positions are stored while the journals have nothing to process (ms).
    const int PositionInterval = 5000;

    // Actions to run once the transaction is committed.
    readonly List<Action> _afterCommit = [];
    List<Intervention> _undelivered = [];
    int _processed;
    bool _hasBegun, _hasCompleted;
    long _begunAt, _ranAt, _storedAt;
    volatile string? _problem;

    /// <summary>The items of the current transaction, in order. Cleared when they are committed.</summary>
    public List<object> Items { get; } = new(JourneyWorker.MaxItems);

    /// <summary>Why nothing can be stored; null if it can.</summary>
    public string? Problem => _problem;

    /// <summary><see langword="true"/> if more messages are due.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Processes the items, and commits them now or with later ones. Retries until the database accepts them.</summary>
    /// <param name="read">Journal address per partition that the items end at.</param>
    /// <param name="log">Receives commits.</param>
    /// <exception cref="IOException">The engine is stopping and the database is unavailable.</exception>
    public void Process(IReadOnlyList<long> read, WalCheckpointer log) => Retry(() => ProcessOnce(read, log));

    /// <summary>Resumes the deliveries of the previous process. Retries until the database answers.</summary>
    /// <exception cref="IOException">The engine is stopping and the database is unavailable.</exception>
    public void Resume() => Retry(() => _undelivered = engine.Resume(time.GetUtcNow().ToUnixTimeMilliseconds()));

    // While the disk is full, or the database locked or damaged, the same items are tried again.
    void Retry(Action action)
    {
        while (true)
        {
            try
            {
                action();
                _problem = null;
                return;
            }
            catch (IOException e)
            {
                _problem = e.Message;
                engine.Store.RollBack();
                (_processed, _hasBegun) = (0, false);
                _afterCommit.Clear();
                if (stop.IsCancellationRequested)
                {
                    throw;
                }

                stop.WaitHandle.WaitOne(RetryDelay);
            }
        }
    }

    void ProcessOnce(IReadOnlyList<long> read, WalCheckpointer log)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!_hasBegun)
        {
            if (Items.Count == 0 && !engine.HasDue(now) && _undelivered.Count == 0 && !IsTimeToStore(read, log))
            {
                HasMore = false;
                progress.Advance(read);
                return;
            }

            engine.Begin();
            _hasBegun = true;
            _begunAt = _ranAt = time.GetTimestamp();
        }

        try
        {
            for (; _processed < Items.Count; _processed++)
            {
                Process(_processed, now);
            }
        }
        finally
        {
            ports.Flush();
        }

        // Only commands and those who want to read what was acknowledged wait for the commit.
        var open = time.GetElapsedTime(_begunAt).TotalMilliseconds;
        if (_afterCommit.Count > 0 || progress.IsAwaited || Items.Count == 0 || Items.Count >= JourneyWorker.MaxItems || stop.IsCancellationRequested
            || open >= (Items.Count <= LightLoadItems || _hasCompleted || ports.HasSinkWork ? Pause : LongPause))
        {
            Run(now);
            Commit(read, log);
        }
        else if (HasMore || time.GetElapsedTime(_ranAt).TotalMilliseconds >= Pause)
        {
            Run(now);
        }
    }

    // Processes due messages, and those that sinks have room for again.
    void Run(long now)
    {
        if (_undelivered.Count > 0)
        {
            _undelivered = engine.Resume(now, _undelivered);
        }

        HasMore = !engine.Run(now);
        ports.Flush();
        _ranAt = time.GetTimestamp();
    }

    void Process(int index, long now)
    {
        switch (Items[index])
        {
            case Decision decision:
                engine.ApplyDecision(decision, now);
                break;
            case CustomerEvent e:
                engine.ApplyEvent(e, now);
                break;
            case PersonKey key:
                engine.Store.People.Assign(key.Person, key.Number);
                break;
            case ShopperReturned returned:
                engine.ReturnShopper(returned.Cart, now);
                break;
            case CartsFound found:
                engine.AddCarts(found.Carts, now);
                break;
            case DeliveryCompleted completed:
                _hasCompleted = true;
                if (completed.Reason == WithheldReason.Postponed)
                {
                    engine.Postpone(completed.Intervention, completed.Detail, completed.After, now);
                }
                else
                {
                    engine.RecordOutcome(completed.Intervention, completed.Reason, completed.Detail, now);
                }

                break;
            case OutcomeSummary outcomes:
                engine.Learn(outcomes, now);
                break;
            case JourneyCommand command:
                _afterCommit.Add(command.Work(engine, now));
                break;
        }
    }

    void Commit(IReadOnlyList<long> read, WalCheckpointer log)
    {
        for (var i = 0; i < read.Count; i++)
        {
            engine.Store.SetPosition(i, read[i]);
        }

        engine.Commit();
        ports.OnCommitted();
        log.Add(read);
        Items.Clear();
        (_processed, _hasBegun, _hasCompleted) = (0, false, false);
        _storedAt = time.GetTimestamp();
        progress.Advance(read);
        _afterCommit.ForEach(action => action());
        _afterCommit.Clear();
    }

    // Without this, the journals would be kept from the last decision on, however long ago it was.
    bool IsTimeToStore(IReadOnlyList<long> read, WalCheckpointer log) =>
        time.GetElapsedTime(_storedAt).TotalMilliseconds >= PositionInterval && !read.SequenceEqual(log.Persisted);
}
