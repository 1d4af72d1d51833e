using System.Buffers.Binary;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Timing;

/// <summary>
/// Keeps a partition's clock and fires its carts' timers. The clock shows when the latest event was received or the latest tick was made,
/// not the shoppers' times, so a shopper's wrong clock moves no timer. The server's own may be wrong too: see <see cref="ClockTick"/>.
/// </summary>
/// <param name="capacity">Maximum number of timers.</param>
/// <param name="lifetime">Follows the clock.</param>
/// <param name="counters">Counts timers the wheel has no room for.</param>
/// <param name="fire">Receives the key of a cart whose timer is due, and the due time.</param>
/// <param name="reset">Receives the same for every timer when the clock is set back; sets it anew.</param>
sealed class CartTimers(int capacity, CartLifetime lifetime, PartitionCounters counters, Action<Hash128, long> fire, Action<Hash128, long> reset)
{
    /// <summary>Smallest difference that is a wrong clock rather than a delay (ms).</summary>
    public const long Leap = 60_000;

    const int Tick = 100;

    // Timers advance in steps, so that one batch need not decide on hours of idle carts.
    const long MaxStep = 1000;

    // Interventions are claimed at shoppers' times, which may be ahead of the server's by limits.
    const long MaxAhead = 60 * 60_000;

    readonly TimerWheel _wheel = new(Tick, capacity);
    long _wheelAt;
    long _heldUntil;
    ClockTick? _pending;

    /// <summary>The clock (ms since 1970 UTC). Goes back only by a <see cref="ClockTickKind.SetBack"/>.</summary>
    public long Now { get; private set; }

    /// <summary>Number of timers set.</summary>
    public int Count => _wheel.Count;

    /// <summary><see langword="true"/> if a tick must come before the next events: one requested, or one that ends a hold.</summary>
    public bool IsTickUrgent(long now) => _pending is not null || IsHoldOver(now);

    /// <summary><see langword="true"/> if held timers may go on.</summary>
    public bool IsHoldOver(long now) => _heldUntil != 0 && now >= _heldUntil;

    /// <summary>
    /// Advances the clock to when an event was received, and fires due timers. The wheel advances once per tick, not once per event.
    /// </summary>
    public void MoveTo(long now)
    {
        if (now <= Now)
        {
            return;
        }

        Now = now;
        if (_heldUntil != 0)
        {
            return;
        }

        if (now - _wheelAt >= Tick)
        {
            Advance(now);
        }

        lifetime.MoveTo(now);
    }

    /// <summary>Applies a journaled tick.</summary>
    public void Apply(long tick)
    {
        var (kind, time) = ClockTick.Decode(tick);
        switch (kind)
        {
            case ClockTickKind.Hold:
                _heldUntil = time;
                lifetime.Leap(time);
                break;
            case ClockTickKind.SetBack:
                SetBack(time);
                break;
            case ClockTickKind.Advance when _heldUntil != 0 && time < Now:
                Advance(time);
                break;
            case ClockTickKind.Advance:
                Now = Math.Max(Now, time);
                _heldUntil = 0;
                Advance(Now);
                lifetime.MoveTo(Now);
                break;
            default:
                throw new InvalidDataException($"A tick is of unknown kind {(int)kind}.");
        }
    }

    /// <summary>Requests a tick that holds the timers.</summary>
    /// <param name="until">Until when (ms since 1970 UTC), on the clock that leapt.</param>
    public void RequestHold(long until) => _pending = new ClockTick(ClockTickKind.Hold, until);

    /// <summary>Requests a tick that sets the clock back.</summary>
    /// <param name="now">The time (ms since 1970 UTC).</param>
    public void RequestSetBack(long now) => _pending = new ClockTick(ClockTickKind.SetBack, now);

    /// <summary>Returns the next tick that is due: one requested, or one that fires timers.</summary>
    /// <param name="now">The current time (ms since 1970 UTC).</param>
    /// <param name="tick">To journal and apply.</param>
    public bool TryNextTick(long now, out long tick)
    {
        if (_pending is { } pending)
        {
            _pending = null;
            tick = pending.Encode();
            return true;
        }

        var isHeld = _heldUntil != 0;
        tick = 0;
        if (isHeld ? !IsHoldOver(now) : now <= Now || !_wheel.HasDue(now))
        {
            return false;
        }

        // Skips stretches at which nothing is due.
        tick = (isHeld ? _wheelAt : Now) + MaxStep;
        while (tick < now && !_wheel.HasDue(tick))
        {
            tick += MaxStep;
        }

        tick = Math.Min(tick, now);
        return true;
    }

    /// <summary>
    /// Sets the cart's timer if a campaign needs one. A cart has one timer, and events do not move it: a timer that fires and finds a
    /// younger event sets itself again.
    /// </summary>
    /// <param name="cart">The cart.</param>
    /// <param name="key">The cart's key.</param>
    /// <param name="campaigns">The campaigns in force.</param>
    /// <param name="zone">The store's time zone.</param>
    public void SetFor(ref CartRecord cart, in Hash128 key, CampaignSet campaigns, TimeZoneInfo zone)
    {
        if (campaigns.MinIdle == long.MaxValue || cart.Checkout == CheckoutStep.Purchased)
        {
            return;
        }

        // No campaign is due before the shortest wait, so on an event that bound is enough; the timer computes the exact time.
        var quietSince = cart.QuietSince;
        var dueAt = cart.IdleDoneAt == 0 ? quietSince + campaigns.MinIdle : campaigns.NextIdle(quietSince, cart.IdleDoneAt, zone);
        if (dueAt == long.MaxValue || (cart.TimerAt != 0 && cart.TimerAt <= dueAt))
        {
            return;
        }

        if (_wheel.TrySet(key, dueAt))
        {
            cart.TimerAt = dueAt;
        }
        else
        {
            counters.AddTimerRejected();
        }
    }

    /// <summary>Returns the idle campaigns that are due, each once per idle episode, and marks them as done in the cart.</summary>
    public static ulong TakeDue(ref CartRecord cart, long now, CampaignSet campaigns, TimeZoneInfo zone)
    {
        var quietSince = cart.QuietSince;
        if (now - quietSince < campaigns.MinIdle)
        {
            return 0;
        }

        var due = campaigns.IdleDue(quietSince, cart.IdleDoneAt, now, zone);
        cart.IdleDoneAt = Math.Max(cart.IdleDoneAt, now);
        return due;
    }

    /// <summary>Repairs the times that a cart got from a clock which was ahead and was set back: they count as now.</summary>
    public void Repair(ref CartRecord cart)
    {
        var ahead = cart.LastReceivedAt - Now;
        if (ahead > Leap)
        {
            cart.LastReceivedAt = Now;
            cart.IdleDoneAt = cart.IdleDoneAt is 0 or CartRecord.NeverIdle ? cart.IdleDoneAt : Math.Max(1, cart.IdleDoneAt - ahead);
        }

        if (cart.LastInterventionAt - Now > MaxAhead)
        {
            cart.LastInterventionAt = Now;
        }
    }

    /// <summary>Copies the clock and the timers, for writing on another thread.</summary>
    public TimersSnapshot Snapshot() => new(Now, _wheelAt, _heldUntil, _wheel.Snapshot(), lifetime.Snapshot());

    /// <summary>Restores what <see cref="TimersSnapshot.WriteTo"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The stream holds something else.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void ReadFrom(Stream stream)
    {
        Span<byte> times = stackalloc byte[2 * sizeof(long)];
        stream.ReadExactly(times);
        _wheel.ReadFrom(stream);
        Now = BinaryPrimitives.ReadInt64LittleEndian(times);
        _wheelAt = BinaryPrimitives.ReadInt64LittleEndian(times[8..]);

        // Absent in older checkpoints.
        var held = stream.ReadAtLeast(times[..sizeof(long)], sizeof(long), throwOnEndOfStream: false);
        _heldUntil = held == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(times) : 0;
        lifetime.ReadFrom(stream);
    }

    /// <summary>Starts the clock at a time, without timers.</summary>
    public void StartAt(long now)
    {
        (Now, _wheelAt) = (now, now - (now % Tick));
        _wheel.Restart(_wheelAt);
    }

    /// <summary>Sets the timer that a cart's record names.</summary>
    public void Restore(in Hash128 key, in CartRecord cart)
    {
        if (!_wheel.TrySet(key, cart.TimerAt))
        {
            counters.AddTimerRejected();
        }
    }

    void Advance(long now)
    {
        _wheelAt = Math.Max(_wheelAt, now - (now % Tick));
        _wheel.Advance(_wheelAt, fire);
    }

    void SetBack(long now)
    {
        (Now, _wheelAt, _heldUntil) = (now, now - (now % Tick), 0);
        lifetime.SetBack(now);
        foreach (var (key, dueAt) in _wheel.Restart(_wheelAt))
        {
            reset(key, dueAt);
        }
    }
}

/// <summary>A copy of a partition's clock and timers.</summary>
/// <param name="now">The clock.</param>
/// <param name="wheelAt">The last tick the wheel processed.</param>
/// <param name="heldUntil">Until when the timers are held; 0 if they are not.</param>
/// <param name="wheel">The timers.</param>
/// <param name="lifetime">The state of the carts' lifetime.</param>
sealed class TimersSnapshot(long now, long wheelAt, long heldUntil, TimerWheelSnapshot wheel, ReadOnlyMemory<byte> lifetime)
{
    /// <summary>Writes the format that <see cref="CartTimers.ReadFrom"/> reads.</summary>
    public void WriteTo(Stream stream)
    {
        Span<byte> times = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(times, now);
        BinaryPrimitives.WriteInt64LittleEndian(times[8..], wheelAt);
        stream.Write(times);
        wheel.WriteTo(stream);
        BinaryPrimitives.WriteInt64LittleEndian(times, heldUntil);
        stream.Write(times[..sizeof(long)]);
        stream.Write(lifetime.Span);
    }
}
