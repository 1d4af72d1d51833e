using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// Assigns subjects to experiments' variants and records it, in batches on the journey thread, without holding up an evaluation. Whoever was assigned stays:
/// where a change of weights moved a draw, what was recorded decides. A subject that cannot be recorded is not assigned. Any thread.
/// </summary>
public sealed class ExposureLog : IAsyncDisposable
{
    /// <summary>Maximum number of exposures that wait to be written.</summary>
    public const int Capacity = 20_000;

    // Of the latest, so that a subject's further evaluations write nothing: two generations of as many.
    const int Generation = 50_000, Batch = 2_000;

    static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    readonly Func<Func<JourneyStore, IReadOnlyCollection<string>>, Task<IReadOnlyCollection<string>>> _invoke;
    readonly TimeProvider _time;
    readonly Database _reader;
    readonly Statement _find;
    readonly Lock _gate = new(), _reading = new();
    readonly Dictionary<(string Experiment, Hash128 Subject), Exposure> _pending = [];
    readonly CancellationTokenSource _stop = new();
    HashSet<(string, Hash128)> _seen = [], _seenBefore = [];
    volatile HashSet<string> _full;
    Task _running = Task.CompletedTask;
    long _dropped;

    /// <param name="store">The tables. Its writer must not have begun.</param>
    /// <param name="invoke">Runs work on the journey thread; ends once it is committed.</param>
    /// <param name="time">The clock.</param>
    public ExposureLog(
        JourneyStore store, Func<Func<JourneyStore, IReadOnlyCollection<string>>, Task<IReadOnlyCollection<string>>> invoke, TimeProvider time)
    {
        (_invoke, _time) = (invoke, time);
        _full = [.. store.Exposures.Full];
        _reader = new Database(store.Database.Path, isReader: true);
        _find = _reader.Prepare(ExposureTable.Find);
    }

    /// <summary>The number of exposures that wait to be written.</summary>
    public int Depth
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>The number of subjects that were not assigned, because too many waited.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Starts to write.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Assigns a subject to a variant.</summary>
    /// <param name="experiment">The experiment. It runs, and the subject takes part.</param>
    /// <param name="targetingKey">The targeting key.</param>
    /// <param name="subject">The key of it, as if it were a customer's id.</param>
    /// <param name="isExposed">Whether the subject is shown the variant, which is recorded. Otherwise the variant is the one that an exposure would record.</param>
    /// <exception cref="IOException">What was recorded cannot be read.</exception>
    public FlagEvaluation Assign(Experiment experiment, string targetingKey, Hash128 subject, bool isExposed = true)
    {
        var draw = experiment.Draw(targetingKey);
        var (variant, id, isFull) = (experiment.VariantOf(draw, experiment.Allocation), (experiment.Id, subject), _full.Contains(experiment.Id));
        if (isFull || !experiment.IsSettled(draw))
        {
            if (Recorded(experiment, subject) is { } recorded)
            {
                return new FlagEvaluation(recorded, FlagReason.Split);
            }

            if (isFull)
            {
                return new FlagEvaluation(experiment.Control, FlagReason.Default);
            }
        }

        lock (_gate)
        {
            if (_pending.TryGetValue(id, out var pending))
            {
                return new FlagEvaluation(pending.Variant, FlagReason.Split);
            }

            if (isExposed && !_seen.Contains(id) && !_seenBefore.Contains(id))
            {
                if (_pending.Count >= Capacity)
                {
                    Interlocked.Increment(ref _dropped);
                    return new FlagEvaluation(experiment.Control, FlagReason.Default);
                }

                _pending.Add(id, new Exposure(experiment.Store, experiment.Id, subject, variant, experiment.Allocation, _time.GetUtcNow().ToUnixTimeMilliseconds()));
            }
        }

        return new FlagEvaluation(variant, FlagReason.Split);
    }

    /// <summary>Returns the variant that a subject was assigned; <see langword="null"/> if none was recorded. Records nothing.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="subject">The subject, as in <see cref="Assign"/>.</param>
    /// <exception cref="IOException">What was recorded cannot be read.</exception>
    public string? Find(Experiment experiment, Hash128 subject) => Recorded(experiment, subject);

    /// <summary>Writes a batch of what waits.</summary>
    /// <returns>Whether more waits.</returns>
    public async Task<bool> FlushAsync()
    {
        Exposure[] batch;
        lock (_gate)
        {
            batch = [.. _pending.Values.Take(Batch)];
        }

        if (batch.Length == 0)
        {
            return false;
        }

        var full = await _invoke(store =>
        {
            store.Exposures.Add(batch);
            return store.Exposures.Full;
        });
        if (full.Count > 0 || _full.Count > 0)
        {
            _full = [.. full];
        }

        lock (_gate)
        {
            foreach (var exposure in batch)
            {
                var id = (exposure.Experiment, exposure.Subject);
                _pending.Remove(id);
                _seen.Add(id);
            }

            if (_seen.Count >= Generation)
            {
                (_seenBefore, _seen) = (_seen, []);
            }

            return _pending.Count > 0;
        }
    }

    /// <summary>Forgets an experiment that was deleted.</summary>
    public async Task DeleteAsync(Experiment experiment)
    {
        var isEmpty = false;
        while (!isEmpty)
        {
            _full = [.. await _invoke(store =>
            {
                isEmpty = store.Exposures.Delete(experiment.Store, experiment.Id);
                return store.Exposures.Full;
            })];
        }
    }

    /// <summary>Writes what waits, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _reader.Dispose();
        _stop.Dispose();
    }

    /// <summary>Writes all that waits, before the journey thread stops. After a failure what is left is lost.</summary>
    public async Task DrainAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await TryFlushAsync();
    }

    string? Recorded(Experiment experiment, Hash128 subject)
    {
        lock (_gate)
        {
            if (_pending.TryGetValue((experiment.Id, subject), out var pending))
            {
                return pending.Variant;
            }
        }

        lock (_reading)
        {
            if (!_find.With(experiment.Store).With(subject).With(experiment.Id).Next())
            {
                return null;
            }

            var variant = _find.Text(0);
            _find.Reset();
            return variant;
        }
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await TryFlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The engine stops.
        }
    }

    // The journey thread may be busy or its database fail: what waits stays, and once too much does, nobody else is assigned.
    async Task TryFlushAsync()
    {
        try
        {
            while (await FlushAsync())
            {
            }
        }
        catch (Exception e) when (e is JourneysBusyException or IOException or System.Threading.Channels.ChannelClosedException)
        {
            // Again at the next tick.
        }
    }
}
