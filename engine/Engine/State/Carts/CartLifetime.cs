using System.Buffers.Binary;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Decides when a cart ends: a time after its last event was received, on the partition's clock. A cart that has ended counts as missing,
/// whether or not compaction has removed it. Compaction removes it only once it has ended for good, so that state does not depend on when
/// compaction ran: a clock that is set back brings other carts back, but not these.
/// </summary>
/// <param name="length">A cart's lifetime, in milliseconds.</param>
sealed class CartLifetime(long length)
{
    // A clock that was not set back for this long (ms) is taken to be right.
    const long Trial = 6 * 60 * 60_000;

    const int Bytes = 2 * sizeof(long);

    // Carts whose last event was received before have ended for good.
    long _endedBefore;
    long _trialFrom;

    /// <summary>Returns whether a cart has ended by a time on the partition's clock.</summary>
    public bool HasEnded(in CartRecord cart, long at) => at - cart.QuietSince > length || HasEndedForGood(cart);

    /// <summary>Returns whether a cart has ended and will not come back.</summary>
    public bool HasEndedForGood(in CartRecord cart) => cart.QuietSince < _endedBefore;

    /// <summary>Advances the clock, while timers are not held.</summary>
    public void MoveTo(long now)
    {
        if (now - _trialFrom < Trial)
        {
            return;
        }

        // Not up to now: the clock may just have leapt.
        _endedBefore = Math.Max(_endedBefore, _trialFrom - length);
        _trialFrom = now;
    }

    /// <summary>Begins the trial of a clock that leapt ahead.</summary>
    public void Leap(long now) => _trialFrom = now;

    /// <summary>Sets the clock back. Carts with events from now on have not ended.</summary>
    public void SetBack(long now)
    {
        _trialFrom = now;
        _endedBefore = Math.Min(_endedBefore, now);
    }

    /// <summary>Copies the state, for <see cref="ReadFrom"/>.</summary>
    public byte[] Snapshot()
    {
        var snapshot = new byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(snapshot, _endedBefore);
        BinaryPrimitives.WriteInt64LittleEndian(snapshot.AsSpan(sizeof(long)), _trialFrom);
        return snapshot;
    }

    /// <summary>Restores the state. It is absent in older checkpoints.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void ReadFrom(Stream stream)
    {
        Span<byte> snapshot = stackalloc byte[Bytes];
        if (stream.ReadAtLeast(snapshot, Bytes, throwOnEndOfStream: false) == Bytes)
        {
            _endedBefore = BinaryPrimitives.ReadInt64LittleEndian(snapshot);
            _trialFrom = BinaryPrimitives.ReadInt64LittleEndian(snapshot[sizeof(long)..]);
        }
    }
}
