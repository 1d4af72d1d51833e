using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Alerts;

/// <summary>Rules, states and notices in virtual time, killed at the worst moments and started again on the files as they were.</summary>
sealed class KilledAlerting : IAsyncDisposable
{
    const string Routes = """
        route: {receiver: ops, group_by: ['...'], group_wait: 0s, group_interval: 5s, repeat_interval: 24h}
        receivers: [{name: ops, webhook_configs: [{url: "http://a"}]}]
        """;

    readonly string _rulesText;
    readonly MemorySeries _series;
    readonly ManualTime _time;
    readonly Channel _channel = new();
    readonly Scratch _scratch = new();
    string _folder;
    AlertManager _alerts = null!;
    RuleManager _rules = null!;
    bool _dies;

    public KilledAlerting(string rules, MemorySeries series, long startAt)
    {
        (_rulesText, _series, _time) = (rules, series, new ManualTime(startAt));
        _folder = Directory.CreateDirectory(_scratch.PathOf("0")).FullName;
        Open();
    }

    /// <summary>How often it was killed.</summary>
    public int Kills { get; private set; }

    /// <summary>The first evaluation's time.</summary>
    public long First { get; private set; }

    /// <summary>What the receiver got, a repetition with a known id left out.</summary>
    public IEnumerable<Notice> Notices => _channel.Received.DistinctBy(notice => notice.Id);

    /// <summary>How many messages the receiver got of which the ledger did not hear.</summary>
    public int Unrecorded => _channel.Hung;

    /// <summary>How many messages the receiver got twice.</summary>
    public int Repeated => _channel.Received.Count - Notices.Count();

    long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Runs up to a time.</summary>
    /// <param name="end">The time in milliseconds since the Unix epoch.</param>
    /// <param name="kills">The times after which it is killed at the next such moment.</param>
    public async Task RunAsync(long end, Queue<(long At, KillMoment Moment)> kills)
    {
        while (Now < end)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            KillMoment? moment = kills.TryPeek(out var next) && next.At <= Now ? next.Moment : null;
            if (await StepAsync(moment))
            {
                kills.Dequeue();
                await KillAsync();
            }

            Assert.That((_alerts.Problem, _rules.Problem), Is.EqualTo((default(string), default(string))));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _scratch.Dispose();
    }

    // Returns whether the moment came.
    async Task<bool> StepAsync(KillMoment? moment)
    {
        _dies = moment == KillMoment.StoredAndNotSent;
        try
        {
            _rules.RunDue();
        }
        catch (KilledException)
        {
            return true;
        }
        finally
        {
            _dies = false;
        }

        First = First == 0 ? _rules.Groups.Single().LastEvaluation : First;
        _channel.Hangs = moment == KillMoment.DeliveredAndNotRecorded;
        _alerts.Tick();
        var sent = _alerts.DrainAsync(CancellationToken.None);
        if (_channel.Hangs && !sent.IsCompleted)
        {
            return true;
        }

        await sent;
        return moment == KillMoment.BetweenEvaluations;
    }

    // What is written after the copy is lost with the former folder.
    async Task KillAsync()
    {
        Kills++;
        var folder = Directory.CreateDirectory(_scratch.PathOf($"{Kills}")).FullName;
        foreach (var file in Directory.GetFiles(_folder).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        await CloseAsync();
        (_folder, _channel.Hangs) = (folder, false);
        Open();
    }

    void Open()
    {
        _alerts = new AlertManager(new NoticeDatabase(Path.Combine(_folder, "notices.db")), AlertmanagerConfigReader.Parse(Routes, "am.yml").Config!,
            new Dictionary<string, INoticeChannel> { ["ops/webhook/0"] = _channel }, _time, new AlertManagerOptions { Sending = new NoticeSenderOptions { Delays = [] } });
        _rules = new RuleManager(new PromQlEngine(_series), _series, new AlertStore(Path.Combine(_folder, "alerts.db")), new AlertingOptions(), _time, Send);
        _rules.Apply([new RuleSource("rules.yml", _rulesText, RuleFileReader.Parse(_rulesText, "rules.yml").Groups)]);
    }

    async Task CloseAsync()
    {
        _rules.Dispose();
        await _alerts.DisposeAsync();
    }

    void Send(IReadOnlyList<AlertMessage> messages)
    {
        if (_dies && messages.Any(message => (message.IsResolved ? message.EndsAt : message.StartsAt) > Now - 30_000))
        {
            throw new KilledException();
        }

        _alerts.Take(messages);
    }

    sealed class KilledException : Exception;

    // Keeps what it gets; while it hangs, the sender does not hear of it.
    sealed class Channel : INoticeChannel
    {
        readonly List<Notice> _received = [];

        public bool Hangs { get; set; }

        public int Hung { get; private set; }

        public IReadOnlyList<Notice> Received
        {
            get
            {
                lock (_received)
                {
                    return [.. _received];
                }
            }
        }

        public async ValueTask<NoticeVerdict> SendAsync(Notice notice, CancellationToken cancellationToken)
        {
            lock (_received)
            {
                _received.Add(notice);
                Hung += Hangs ? 1 : 0;
            }

            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return NoticeVerdict.Delivered;
        }

        public ValueTask DisposeAsync() => default;
    }
}

/// <summary>When the process is killed.</summary>
enum KillMoment
{
    /// <summary>Nothing is under way.</summary>
    BetweenEvaluations,

    /// <summary>The states of an evaluation are stored, its messages are lost.</summary>
    StoredAndNotSent,

    /// <summary>The receiver has a notice, the ledger does not know.</summary>
    DeliveredAndNotRecorded,
}
