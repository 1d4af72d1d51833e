using System.Runtime.ExceptionServices;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Replays streams through the stages at full speed, with temporary state, and compares the decisions with the original ones.
/// </summary>
public sealed class Replay
{
    readonly IReadOnlyList<IReplayStream> _streams;
    readonly int _lanesAStream;
    readonly int _threads;
    readonly PipelineOptions _options;
    readonly ReplayScope _scope;
    readonly ReplayBound _bound;
    readonly LaneResult?[] _results;
    readonly long _total;

    /// <param name="streams">The streams to replay.</param>
    /// <param name="lanesAStream">The number of lanes for each stream's carts, 1 or more. Does not affect the decisions.</param>
    /// <param name="threads">The number of lanes replayed concurrently, 1 or more.</param>
    /// <param name="options">The stages' options; sizes are per lane, and the folder belongs to this replay alone.</param>
    /// <param name="scope">What is decided on; <see langword="null"/> for everything.</param>
    public Replay(IReadOnlyList<IReplayStream> streams, int lanesAStream, int threads, PipelineOptions options, ReplayScope? scope = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lanesAStream, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _streams = streams;
        _lanesAStream = lanesAStream;
        _threads = threads;
        _options = options;
        _scope = scope ?? ReplayScope.All;
        _bound = new ReplayBound(_scope.MaxDecisions);
        _results = new LaneResult?[streams.Count * lanesAStream];
        _total = streams.Sum(s => s.Length) * lanesAStream;
    }

    /// <summary>Number of events applied. Any thread.</summary>
    public long Events => _results.Sum(l => l?.Folded ?? 0);

    /// <summary>Progress, 0–1. Any thread.</summary>
    public double Share => _total == 0 ? 1 : Math.Min(1, (double)_results.Sum(l => l?.Position ?? 0) / _total);

    /// <summary>Runs the replay. Call once.</summary>
    /// <param name="range">The range to score and decide on.</param>
    /// <param name="cancellationToken">Cancels the replay.</param>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    /// <exception cref="InvalidDataException">A stream is invalid.</exception>
    /// <exception cref="IOException">A file cannot be read, or the folder cannot be written.</exception>
    /// <exception cref="ReplayLimitException">There are more decisions than the scope permits.</exception>
    /// <exception cref="OperationCanceledException">The replay was cancelled.</exception>
    public ReplayReport Run(TimeRange range, CancellationToken cancellationToken)
    {
        try
        {
            Parallel.For(0, _results.Length, new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = cancellationToken },
                i => Play(i, range, cancellationToken));
        }
        catch (AggregateException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return Report();
    }

    void Play(int number, TimeRange range, CancellationToken cancellationToken)
    {
        for (var read = 1; ; read++)
        {
            using var lane = new ReplayLane(number + ((read - 1) * _results.Length), number % _lanesAStream, _lanesAStream, _options, _scope, _bound);
            Volatile.Write(ref _results[number], lane.Result);
            try
            {
                _streams[number / _lanesAStream].Play(lane, range, cancellationToken);
                return;
            }
            catch (JournalException e) when (e.Code == JournalView.Moved && read < _scope.MaxReads)
            {
                // Repeats this lane alone, without the events that the engine deleted.
                _bound.Remove(lane.Result);
            }
        }
    }

    ReplayReport Report()
    {
        var lanes = _results.OfType<LaneResult>().ToArray();
        var first = lanes.Where(l => l.IsFirst).ToArray();
        var scores = new ScoreDistribution();
        foreach (var lane in lanes)
        {
            scores.Merge(lane.Counters.Scores!);
        }

        return new ReplayReport
        {
            Events = lanes.Sum(l => l.Events),
            EventsBefore = lanes.Sum(l => l.Folded - l.Events),
            Carts = lanes.Sum(l => l.Counters.Carts),
            Scores = scores,
            Orders = lanes.SelectMany(l => l.Orders).ToDictionary(),
            Originals = DecisionDifference.InOrder(lanes.SelectMany(l => l.Then)),
            Decisions = DecisionDifference.InOrder(lanes.SelectMany(l => l.Now)),
            Difference = _streams.All(s => s.KnowsDecisions)
                ? new DecisionDifference(lanes.SelectMany(l => l.Then), lanes.SelectMany(l => l.Now)) : null,
            Rejected = first.Sum(l => l.Rejected),
            FirstRejected = first.Select(l => l.FirstRejected).FirstOrDefault(f => f is not null),
            ReadFrom = lanes.Min(l => l.ReadFrom),
            IsWhole = _streams.All(s => s.IsWhole),
        };
    }
}
