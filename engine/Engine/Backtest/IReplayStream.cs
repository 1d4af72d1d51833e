namespace CartRecovery.Engine.Backtest;

/// <summary>Events in an order, to be played from their beginning as often as one likes.</summary>
public interface IReplayStream
{
    /// <summary>How long it is, in bytes.</summary>
    long Length { get; }

    /// <summary>It says what was decided then.</summary>
    bool KnowsDecisions { get; }

    /// <summary>It begins at the beginning: no older events have been let go of.</summary>
    bool IsWhole { get; }

    /// <summary>Plays it.</summary>
    /// <param name="lane">What it is played to.</param>
    /// <param name="range">What is scored and decided on; what is before is folded alone, and what is behind is left out.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is not what it should be.</exception>
    void Play(ReplayLane lane, TimeRange range, CancellationToken cancellationToken);
}
