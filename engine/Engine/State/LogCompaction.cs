namespace CartRecovery.Engine.State;

/// <summary>
/// Decides when a log is compacted and how far a step goes. A pass covers what is on disk when it starts; it starts when that is more than
/// memory holds and at least twice what the pass before found current, so it copies about one byte for each byte it frees. Within a pass the
/// steps advance with the appended bytes, so that it ends before the log has grown by half of what it covers.
/// </summary>
/// <param name="memory">The log's size in memory, in bytes.</param>
/// <param name="page">A page's size in bytes. A step covers whole pages, since FASTER reads whole pages.</param>
sealed class LogCompaction(long memory, int page)
{
    // Bytes to cover for each byte appended.
    const int Pace = 2;

    // The most a step covers, in pages and in bytes; at least a page.
    const int MaxPages = 4;
    const int MaxBytes = 4 << 20;

    readonly long _maxStep = Math.Max(page, Math.Min((long)MaxPages * page, MaxBytes));
    long _passEnd;
    long _current;
    long _copied;
    long _credit;
    long _tail;

    /// <summary>Returns the address up to which the next step compacts; 0 if none is due.</summary>
    /// <param name="begin">The log's first address.</param>
    /// <param name="head">The first address in memory.</param>
    /// <param name="tail">The next address to write.</param>
    public long Step(long begin, long head, long tail)
    {
        if (_passEnd == 0)
        {
            if (head - begin < Math.Max(memory, 2 * _current))
            {
                _tail = tail;
                return 0;
            }

            _passEnd = head & ~(page - 1L);
            (_copied, _credit, _tail) = (0, page, tail);
        }

        _credit += Pace * (tail - _tail);
        _tail = tail;
        if (_credit < page)
        {
            return 0;
        }

        var until = (begin + Math.Min(_credit, _maxStep)) & ~(page - 1L);
        return Math.Min(Math.Max(until, (begin & ~(page - 1L)) + page), _passEnd);
    }

    /// <summary>Records a step.</summary>
    /// <param name="begin">The log's first address after it.</param>
    /// <param name="tail">The next address to write after it.</param>
    /// <param name="copied">Bytes copied.</param>
    public void Moved(long begin, long tail, long copied)
    {
        _credit -= Math.Min(_credit, _maxStep);
        _tail = tail;
        _copied += copied;
        if (begin >= _passEnd)
        {
            (_passEnd, _current) = (0, _copied);
        }
    }
}
