namespace CartRecovery.Engine.State;

/// <summary>
/// Decides when a log is compacted and how far a step goes. A pass covers what is on disk when it starts; it starts when that is more than
/// memory holds and at least twice what the pass before found current, so it copies about one byte for each byte it frees. Within a pass the
/// steps advance with the appended bytes, so that it ends before the log has grown by half of what it covers.
/// </summary>
/// <param name="memory">The log's size in memory, in bytes.</param>
/// <param name="page">A page's size in bytes. A pass ends with a page, because no record crosses one.</param>
sealed class LogCompaction(long memory, int page)
{
    /// <summary>The least that a step covers, except for a pass's last, in bytes.</summary>
    public const int MinStep = 1 << 16;

    // Bytes to cover for each byte appended.
    const int Pace = 2;

    // What a step covers at most for bytes appended before the latest batch, in bytes.
    const int MaxArrears = 1 << 20;

    long _passEnd;
    long _current;
    long _copied;
    long _credit;
    long _tail;

    /// <summary>Notes what was appended while compaction must wait.</summary>
    /// <param name="tail">The next address to write.</param>
    public void Wait(long tail)
    {
        _credit += Pace * (tail - _tail);
        _tail = tail;
    }

    /// <summary>Returns the address up to which the next step compacts; 0 if none is due.</summary>
    /// <param name="begin">The log's first address.</param>
    /// <param name="head">The first address in memory.</param>
    /// <param name="tail">The next address to write.</param>
    public long Step(long begin, long head, long tail)
    {
        var due = Pace * (tail - _tail);
        _tail = tail;
        if (_passEnd == 0)
        {
            if (head - begin < Math.Max(memory, 2 * _current))
            {
                return 0;
            }

            _passEnd = head & ~(page - 1L);
            (_copied, _credit, due) = (0, MinStep, 0);
        }

        _credit += due;
        var until = Math.Min(begin + Math.Min(_credit, due + MaxArrears), _passEnd);
        return until - begin >= Math.Min(MinStep, _passEnd - begin) ? until : 0;
    }

    /// <summary>Records a step.</summary>
    /// <param name="covered">Bytes covered.</param>
    /// <param name="begin">The log's first address after it.</param>
    /// <param name="tail">The next address to write after it.</param>
    public void Moved(long covered, long begin, long tail)
    {
        _credit -= covered;
        _copied += tail - _tail;
        _tail = tail;
        if (begin >= _passEnd)
        {
            (_passEnd, _current) = (0, _copied);
        }
    }
}
