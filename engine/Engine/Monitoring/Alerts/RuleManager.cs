using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>
/// Evaluates rule groups on their intervals, on one thread of its own: each at times that its name spreads over the interval, as Prometheus
/// does. The states are stored before anything is sent. <see cref="Apply"/> and the properties are thread-safe.
/// </summary>
public sealed class RuleManager : IDisposable
{
    static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    readonly PromQlEngine _engine;
    readonly ISeriesSink _sink;
    readonly AlertStore _store;
    readonly AlertingOptions _options;
    readonly TimeProvider _time;
    readonly Action<IReadOnlyList<AlertMessage>> _send;
    readonly CancellationTokenSource _stop = new();
    readonly AutoResetEvent _wake = new(initialState: false);
    readonly Dictionary<string, Scheduled> _groups = new(StringComparer.Ordinal);
    volatile IReadOnlyList<RuleSource>? _applied;
    volatile IReadOnlyList<RuleGroupStatus> _statuses = [];
    Thread? _thread;
    ITimer? _timer;
    long _evaluations, _failures, _missed;

    /// <summary>Creates a manager without groups.</summary>
    /// <param name="engine">Evaluates queries over what <paramref name="sink"/> takes.</param>
    /// <param name="sink">Takes recorded series, <c>ALERTS</c> and <c>ALERTS_FOR_STATE</c>.</param>
    /// <param name="store">Keeps the states; the manager alone uses it, and disposes it.</param>
    /// <param name="options">Times and bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="send">Receives what is due to be sent, on the manager's thread.</param>
    public RuleManager(PromQlEngine engine, ISeriesSink sink, AlertStore store, AlertingOptions options, TimeProvider time, Action<IReadOnlyList<AlertMessage>> send) =>
        (_engine, _sink, _store, _options, _time, _send) = (engine, sink, store, options, time, send);

    /// <summary>The groups as of their latest evaluations.</summary>
    public IReadOnlyList<RuleGroupStatus> Groups => _statuses;

    /// <summary>What was counted.</summary>
    public RuleCounters Counters => new(Volatile.Read(ref _evaluations), Volatile.Read(ref _failures), Volatile.Read(ref _missed));

    /// <summary>Why the states could not be stored or sent; null if they could.</summary>
    public string? Problem { get; private set; }

    /// <summary>Observes how long a group's evaluation took, in seconds.</summary>
    public Action<double>? OnEvaluated { get; set; }

    /// <summary>Receives an exception that no rule explains. The manager goes on.</summary>
    public Action<Exception>? OnFailure { get; set; }

    /// <summary>Puts rules in force at the next second. Groups of unchanged sources go on; those that are gone no longer renew their alerts.</summary>
    public void Apply(IReadOnlyList<RuleSource> sources)
    {
        _applied = sources;
        _wake.Set();
    }

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { Name = "rules", IsBackground = true };
        _thread.Start();
        _timer = _time.CreateTimer(_ => _wake.Set(), null, s_tick, s_tick);
    }

    /// <summary>Evaluates the groups that are due now. The thread calls it each second; a test calls it instead of starting the thread.</summary>
    public void RunDue()
    {
        var now = Now;
        if (Interlocked.Exchange(ref _applied, null) is { } sources)
        {
            try
            {
                Replace(sources, now);
            }
            catch (IOException)
            {
                // Unless there are newer ones, they are applied at the next tick.
                Interlocked.CompareExchange(ref _applied, sources, null);
                throw;
            }
        }

        foreach (var scheduled in _groups.Values.Where(group => group.Next <= now).OrderBy(group => group.Next).ToList())
        {
            _stop.Token.ThrowIfCancellationRequested();
            Evaluate(scheduled);
        }
    }

    /// <summary>Stops after the current rule, and closes the store.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _wake.Set();

        // Waits for a callback that runs.
        _timer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _thread?.Join();
        _store.Dispose();
        _stop.Dispose();
        _wake.Dispose();
    }

    long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                RunDue();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A mistake in one evaluation must not end all alerts.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Problem = e.Message;
                OnFailure?.Invoke(e);
            }

            _wake.WaitOne();
        }
    }

    void Replace(IReadOnlyList<RuleSource> sources, long now)
    {
        HashSet<string> kept = new(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            foreach (var group in source.Groups)
            {
                kept.Add(group.Key);
                if (_groups.TryGetValue(group.Key, out var former) && former.Text == source.Text)
                {
                    continue;
                }

                former?.Runner.Retire(now);
                var runner = new RuleGroupRunner(group, _engine, _sink, _options, _time);
                _store.Restore(runner, now);
                _groups[group.Key] = new Scheduled(runner, source.Text, NextOf(group, Math.Max(now, runner.LastEvaluation + 1)));
            }
        }

        foreach (var (key, group) in _groups.Where(pair => !kept.Contains(pair.Key)).ToList())
        {
            group.Runner.Retire(now);
            _store.Drop(key);
            _groups.Remove(key);
        }

        Publish();
    }

    void Evaluate(Scheduled scheduled)
    {
        var (runner, at, interval) = (scheduled.Runner, scheduled.Next, scheduled.Runner.Group.Interval);
        var now = Now;

        // After a pause, the latest time that is due; the others are missed.
        var missed = Math.Max(0, (now - at) / interval);
        at += missed * interval;
        scheduled.Next = at + interval;
        Interlocked.Add(ref _missed, missed);
        var due = runner.Evaluate(at, _stop.Token);
        var rules = runner.Rules.Where(rule => rule.Health.LastEvaluation == at).ToList();
        Interlocked.Add(ref _evaluations, rules.Count);
        Interlocked.Add(ref _failures, rules.Count(rule => rule.Health.Error is not null));
        OnEvaluated?.Invoke(runner.Duration.TotalSeconds);
        string? problem = null;
        try
        {
            _store.Save(runner);
        }
        catch (IOException e)
        {
            // A full disk is what alerts are for: they go out all the same, and may do so once more after a restart.
            problem = $"the states of alerts cannot be stored: {e.Message}";
        }

        scheduled.Status = StatusOf(runner);
        Publish();
        if (due.Count > 0)
        {
            try
            {
                _send(due);
            }
            catch (IOException e)
            {
                problem = $"alerts cannot be logged: {e.Message}";
            }
        }

        Problem = problem;
    }

    void Publish() => _statuses = [.. _groups.Values.OrderBy(group => group.Runner.Group.Key, StringComparer.Ordinal).Select(group => group.Status ??= StatusOf(group.Runner))];

    static RuleGroupStatus StatusOf(RuleGroupRunner runner) => new(runner.Group, runner.LastEvaluation, runner.Duration, [.. runner.Rules.Select(rule => new RuleStatus(
        rule.Rule, rule.Health, rule.Alerts is null ? [] : [.. rule.Alerts.Alerts.Where(alert => alert.State != AlertState.Inactive)
            .Select(alert => new AlertStatus(alert.Labels, alert.Annotations, alert.State, alert.Value, alert.ActiveAt, alert.KeepFiringSince))]))]);

    // The first time after now that the group's name puts it on.
    static long NextOf(RuleGroup group, long now)
    {
        var offset = (long)(LabelText.Fingerprint(SeriesLabels.Empty.With("group", group.Key)) % (ulong)group.Interval);
        var last = now - (now - offset) % group.Interval;
        return last < now ? last + group.Interval : last;
    }

    sealed class Scheduled(RuleGroupRunner runner, string text, long next)
    {
        public RuleGroupRunner Runner => runner;

        public string Text => text;

        public long Next { get; set; } = next;

        public RuleGroupStatus? Status { get; set; }
    }
}
