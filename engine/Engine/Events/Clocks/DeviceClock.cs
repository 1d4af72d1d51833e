using System.Runtime.CompilerServices;

namespace CartRecovery.Engine.Events.Clocks;

/// <summary>
/// Estimates how far a device's clock is from the engine's: the minimum of (received − sent) over its messages, because a message can be
/// late but not early. A lower estimate applies from the latest time corrected so far, so that the order of the device's events is kept:
/// the correction is a non-decreasing function of their times, in a bounded number of pieces.
/// </summary>
struct DeviceClock
{
    /// <summary>Smaller differences (ms) are the network's, and are not corrected.</summary>
    public const long Tolerance = 2000;

    /// <summary>Larger differences (ms) are no clock's, and are ignored.</summary>
    public const long MaxOffset = 24 * 60 * 60_000;

    /// <summary>A clock that was set back: so many messages in a row are so much later (ms) than the estimate allows.</summary>
    public const int MessagesAfterLeap = 8;
    public const long Leap = 60_000;

    const int MaxPieces = 4;

    Pieces _pieces;
    int _count;
    int _late;
    long _latest;

    /// <summary>Times up to a bound, what is added to them, and the least result.</summary>
    struct Piece
    {
        public long UpTo;
        public long Offset;
        public long Floor;
    }

    [InlineArray(MaxPieces)]
    struct Pieces
    {
        Piece _first;
    }

    /// <summary>Takes the time at which a message was sent, by the device's clock.</summary>
    /// <param name="sentAt">Milliseconds since 1970 UTC.</param>
    /// <param name="receivedAt">When it was received, by the engine's clock.</param>
    public void Observe(long sentAt, long receivedAt)
    {
        if (sentAt < receivedAt - MaxOffset || sentAt > receivedAt + MaxOffset)
        {
            return;
        }

        var offset = receivedAt - sentAt;
        offset = Math.Abs(offset) < Tolerance ? 0 : offset;
        if (_count == 0)
        {
            Begin(offset, floor: long.MinValue);
        }
        else if (offset <= Current.Offset - Tolerance)
        {
            Lower(offset);
        }
        else if (offset < Current.Offset + Leap)
        {
            _late = 0;
        }
        else if (++_late == MessagesAfterLeap)
        {
            Begin(offset, Correct(_latest));
            _latest = sentAt;
        }

        _latest = Math.Max(_latest, sentAt);
    }

    /// <summary>Returns an event's time by the engine's clock.</summary>
    /// <param name="time">By the device's clock.</param>
    public readonly long Correct(long time)
    {
        // Far beyond any clock, and not safe to add to.
        if (Math.Abs((double)time) > 1e15)
        {
            return time;
        }

        for (var i = 0; i < _count; i++)
        {
            if (time <= _pieces[i].UpTo)
            {
                return Math.Max(time + _pieces[i].Offset, _pieces[i].Floor);
            }
        }

        return time;
    }

    /// <summary>Remembers a corrected time: it keeps its correction. A time after the arrival is no clock's.</summary>
    /// <param name="time">By the device's clock.</param>
    /// <param name="receivedAt">When the event was received, by the engine's clock.</param>
    public void Keep(long time, long receivedAt)
    {
        if (_count > 0 && time > _latest && time <= receivedAt - Current.Offset + Tolerance)
        {
            _latest = time;
        }
    }

    /// <summary>Takes what another copy of the same clock remembers.</summary>
    public void Join(in DeviceClock other) => _latest = Math.Max(_latest, other._latest);

    readonly Piece Current => _pieces[_count - 1];

    void Begin(long offset, long floor)
    {
        _pieces[0] = new Piece { UpTo = long.MaxValue, Offset = offset, Floor = floor };
        (_count, _late) = (1, 0);
    }

    void Lower(long offset)
    {
        var floor = Correct(_latest);
        if (_count == MaxPieces)
        {
            // Of times so long ago, only that they were before the others is kept.
            _pieces[1].Floor = Math.Max(_pieces[1].Floor, _pieces[0].Floor);
            for (var i = 1; i < MaxPieces; i++)
            {
                _pieces[i - 1] = _pieces[i];
            }

            _count--;
        }

        _pieces[_count - 1].UpTo = _latest;
        _pieces[_count++] = new Piece { UpTo = long.MaxValue, Offset = offset, Floor = floor };
        _late = 0;
    }
}
