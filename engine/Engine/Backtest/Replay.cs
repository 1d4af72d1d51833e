using System.Runtime.ExceptionServices;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Plays streams through the stages at full speed, into a state that is thrown away, and compares what is decided with what was decided then.
/// </summary>
public sealed class Replay
{
    readonly IReadOnlyList<IReplayStream> _streams;
    readonly int _lanesAStream;
    readonly int _threads;
    readonly PipelineOptions _options;
    readonly ReplayLane?[] _lanes;
    readonly long _total;

    /// <param name="streams">What is played.</param>
    /// <param name="lanesAStream">How many lanes the carts of each stream are spread over, 1 or more. It makes no difference to what is
    /// decided.</param>
    /// <param name="threads">Lanes that are played at a time, 1 or more.</param>
    /// <param name="options">What the stages share; its sizes are those of a lane, and its folder is for this replay alone.</param>
    public Replay(IReadOnlyList<IReplayStream> streams, int lanesAStream, int threads, PipelineOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lanesAStream, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _streams = streams;
        _lanesAStream = lanesAStream;
        _threads = threads;
        _options = options;
        _lanes = new ReplayLane?[streams.Count * lanesAStream];
        _total = streams.Sum(s => s.Length) * lanesAStream;
    }

    /// <summary>Events folded so far. Any thread.</summary>
    public long Events => _lanes.Sum(l => l?.Folded ?? 0);

    /// <summary>How far it has come, 0–1. Any thread.</summary>
    public double Share => _total == 0 ? 1 : Math.Min(1, (double)_lanes.Sum(l => l?.Position ?? 0) / _total);

    /// <summary>Plays everything. To be called once.</summary>
    /// <param name="range">What is scored and decided on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    /// <exception cref="InvalidDataException">A stream is not what it should be.</exception>
    /// <exception cref="IOException">A file cannot be read, or the folder not be written.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public ReplayReport Run(TimeRange range, CancellationToken cancellationToken)
    {
        try
        {
            Parallel.For(0, _lanes.Length, new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = cancellationToken },
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
        using var lane = new ReplayLane(number, number % _lanesAStream, _lanesAStream, _options);
        Volatile.Write(ref _lanes[number], lane);
        _streams[number / _lanesAStream].Play(lane, range, cancellationToken);
    }

    ReplayReport Report()
    {
        var lanes = _lanes.OfType<ReplayLane>().ToArray();
        var first = lanes.Where(l => l.IsFirst).ToArray();
        var scores = new ScoreDistribution();
        foreach (var lane in lanes)
        {
            scores.Merge(lane.Scores);
        }

        return new ReplayReport
        {
            Events = lanes.Sum(l => l.Events),
            EventsBefore = lanes.Sum(l => l.Folded - l.Events),
            Carts = lanes.Sum(l => l.Carts),
            Scores = scores,
            Decisions = DecisionDifference.InOrder(lanes.SelectMany(l => l.Now)),
            Difference = _streams.All(s => s.KnowsDecisions)
                ? new DecisionDifference(lanes.SelectMany(l => l.Then), lanes.SelectMany(l => l.Now)) : null,
            Refused = first.Sum(l => l.Refused),
            FirstRefused = first.Select(l => l.FirstRefused).FirstOrDefault(f => f is not null),
            IsWhole = _streams.All(s => s.IsWhole),
        };
    }
}
