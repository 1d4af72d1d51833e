namespace CartRecovery.Engine.Backtest;

/// <summary>An ordered stream of events that can be replayed repeatedly.</summary>
public interface IReplayStream
{
    /// <summary>Its length, in bytes.</summary>
    long Length { get; }

    /// <summary>Whether it contains the original decisions.</summary>
    bool KnowsDecisions { get; }

    /// <summary>Whether it is read from its first event: no older ones were deleted or skipped. Final after the replay.</summary>
    bool IsWhole { get; }

    /// <summary>Replays the stream.</summary>
    /// <param name="lane">The lane that receives it.</param>
    /// <param name="range">The range to score and decide on. Earlier events are only applied to carts, later ones ignored.</param>
    /// <param name="cancellationToken">Cancels the replay.</param>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    /// <exception cref="InvalidDataException">The stream is invalid.</exception>
    void Play(ReplayLane lane, TimeRange range, CancellationToken cancellationToken);
}
