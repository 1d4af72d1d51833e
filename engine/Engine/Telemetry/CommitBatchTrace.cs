using System.Diagnostics;

namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// Traces a commit batch through the stages. Records monotonic timestamps as the batch passes and creates the spans at the end, so that
/// the hot path neither creates spans nor has a current one. One thread at a time.
/// </summary>
public sealed class CommitBatchTrace
{
    /// <summary>The name of the root span.</summary>
    public const string Name = "commit batch";

    // Further requests of the same batch are not linked.
    const int MaxLinks = 32;

    readonly TimeProvider _time;
    readonly int _partition;
    readonly long _received;
    readonly long _taken;
    readonly List<(long Began, long Ended, int Rows)> _runs = [];
    readonly List<ActivityLink> _links = [];
    ActivityContext _parent;
    long _folded;
    long _appended;
    long _decided;
    long _durable;
    int _events;
    int _decisions;

    internal CommitBatchTrace(int partition, long receivedTicks, TimeProvider time)
    {
        _partition = partition;
        _received = receivedTicks;
        _time = time;
        _taken = time.GetTimestamp();
    }

    /// <summary>Adds a request with events in the batch: the first becomes the parent, others are linked.</summary>
    public void Add(in ActivityContext request)
    {
        if (_parent == default)
        {
            _parent = request;
        }
        else if (request != _parent && _links.Count < MaxLinks)
        {
            _links.Add(new ActivityLink(request));
        }
    }

    /// <summary>Records the start of a model run.</summary>
    /// <returns>The value for <see cref="EndRun"/>.</returns>
    public long BeginRun() => _time.GetTimestamp();

    /// <summary>Records the end of a model run.</summary>
    /// <param name="began">The value from the start of the run.</param>
    /// <param name="rows">The number of rows scored.</param>
    public void EndRun(long began, int rows) => _runs.Add((began, _time.GetTimestamp(), rows));

    /// <summary>Records that the batch is complete and its last event applied.</summary>
    public void MarkFolded(int events) => (_folded, _events) = (_time.GetTimestamp(), events);

    /// <summary>Records that its events are in the journal's buffer.</summary>
    public void MarkAppended() => _appended = _time.GetTimestamp();

    /// <summary>Records that all its decisions are made.</summary>
    public void MarkDecided(int decisions) => (_decided, _decisions) = (_time.GetTimestamp(), decisions);

    /// <summary>Records that its commit is durable.</summary>
    public void MarkDurable() => _durable = _time.GetTimestamp();

    /// <summary>Records that its decisions are published and its sources notified, and creates the spans.</summary>
    public void End()
    {
        var (ended, endedAt) = (_time.GetTimestamp(), _time.GetUtcNow());
        var outer = Activity.Current;
        Activity.Current = null;
        try
        {
            var batch = Start(Name, _parent, _received, _links);
            if (batch is null)
            {
                return;
            }

            batch.SetTag("cartrecovery.partition", _partition);
            batch.SetTag("cartrecovery.events", _events);
            batch.SetTag("cartrecovery.decisions", _decisions);
            Span("ingest", _received, _taken);
            Span("fold", _taken, _folded);
            Span("journal", _folded, _durable);
            foreach (var (began, over, rows) in _runs)
            {
                Span("score", began, over, rows);
            }

            Span("decide", _appended, _decided);
            Span("deliver", _durable, ended);
            // The shortest span that .NET records is one tick, so that a stage of no duration ends a tick after its beginning.
            batch.SetEndTime(endedAt.UtcDateTime.AddTicks(1));
            batch.Dispose();

            void Span(string name, long began, long over, int? rows = null)
            {
                using var span = Start(name, batch.Context, began, links: null);
                span?.SetTag("cartrecovery.rows", rows);
                span?.SetEndTime(At(over).UtcDateTime);
            }
        }
        finally
        {
            Activity.Current = outer;
        }

        Activity? Start(string name, in ActivityContext parent, long began, List<ActivityLink>? links) =>
            EngineActivity.Source.StartActivity(name, ActivityKind.Internal, parent, tags: null, links, At(began));

        DateTimeOffset At(long ticks) => endedAt - _time.GetElapsedTime(ticks, ended);
    }
}

/// <summary>Selects the commit batches of a partition to trace: one in every N, and those with events of a traced request.</summary>
/// <param name="partition">The partition's number.</param>
/// <param name="every">Traces one in this many batches; 0 traces only those of requests.</param>
/// <param name="time">The clocks.</param>
public sealed class CommitBatchSampler(int partition, int every, TimeProvider time)
{
    int _untilNext;

    /// <summary>Starts a commit batch.</summary>
    /// <param name="receivedTicks">When its first events were received.</param>
    /// <returns>Null if the batch is not traced.</returns>
    public CommitBatchTrace? Begin(long receivedTicks)
    {
        if (every == 0 || _untilNext-- > 0)
        {
            return null;
        }

        _untilNext = every - 1;
        return new CommitBatchTrace(partition, receivedTicks, time);
    }

    /// <summary>Adds events of a request to the batch.</summary>
    /// <param name="trace">The batch's trace, if it has one.</param>
    /// <param name="request">The request's span.</param>
    /// <param name="receivedTicks">When they were received.</param>
    /// <returns>The batch's trace, if it is now traced.</returns>
    public CommitBatchTrace? Add(CommitBatchTrace? trace, in ActivityContext request, long receivedTicks)
    {
        if ((request.TraceFlags & ActivityTraceFlags.Recorded) != 0)
        {
            trace ??= new CommitBatchTrace(partition, receivedTicks, time);
            trace.Add(request);
        }

        return trace;
    }
}
