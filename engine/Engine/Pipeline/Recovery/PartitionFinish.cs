using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Pipeline.Recovery;

/// <summary>
/// Ends a partition's work in steps, so that a worker can end several partitions at once: what was appended becomes durable, then a last
/// checkpoint is made.
/// </summary>
sealed class PartitionFinish
{
    readonly PartitionJournal? _journal;
    readonly PartitionCheckpoints? _checkpoints;
    readonly long _receivedAt;
    readonly TimeSpan _timeout;
    readonly TimeProvider _time;
    long _since;
    bool _isDurable;

    /// <summary>Starts the last commit.</summary>
    /// <param name="journal">The journal; null for none.</param>
    /// <param name="checkpoints">Makes the checkpoint; null for none.</param>
    /// <param name="receivedAt">When the latest events were received (ms since 1970 UTC).</param>
    /// <param name="timeout">The limit for the commit, and again for the checkpoint.</param>
    /// <param name="time">The clock.</param>
    public PartitionFinish(PartitionJournal? journal, PartitionCheckpoints? checkpoints, long receivedAt, TimeSpan timeout, TimeProvider time)
    {
        _journal = journal;
        _checkpoints = checkpoints;
        _receivedAt = receivedAt;
        _timeout = timeout;
        _time = time;
        _since = time.GetTimestamp();
        journal?.Commit();
    }

    /// <summary>Takes the next step.</summary>
    /// <returns><see langword="true"/> once nothing is left to do, or the time is over.</returns>
    public bool Step()
    {
        if (_journal is null)
        {
            return true;
        }

        if (!_isDurable)
        {
            if (_journal.Durable < _journal.TailAddress)
            {
                return _journal.IsClosed || IsTimeOver();
            }

            (_isDurable, _since) = (true, _time.GetTimestamp());
        }

        return _checkpoints?.TryFinish(_receivedAt) != false || IsTimeOver();
    }

    bool IsTimeOver() => _time.GetElapsedTime(_since) > _timeout;
}
