using System.Buffers.Binary;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>Keeps a partition's event time and fires its carts' timers as time advances.</summary>
/// <param name="capacity">Maximum number of timers.</param>
/// <param name="counters">Counts timers the wheel has no room for.</param>
/// <param name="fire">Receives the key of a cart whose timer is due, and the due time.</param>
sealed class CartTimers(int capacity, PartitionCounters counters, Action<Hash128, long> fire)
{
    const int Tick = 100;

    readonly TimerWheel _wheel = new(Tick, capacity);
    long _wheelAt;

    /// <summary>Event time (ms since 1970 UTC). Never goes back.</summary>
    public long Now { get; private set; }

    /// <summary>Number of timers set.</summary>
    public int Count => _wheel.Count;

    /// <summary>Returns <see langword="true"/> if a timer may be due by <paramref name="now"/>.</summary>
    public bool HasDue(long now) => _wheel.HasDue(now);

    /// <summary>Advances event time and fires due timers. The wheel advances once per tick, not once per event.</summary>
    public void MoveTo(long now)
    {
        if (now <= Now)
        {
            return;
        }

        Now = now;
        if (now - _wheelAt >= Tick)
        {
            _wheelAt = now - (now % Tick);
            _wheel.Advance(_wheelAt, fire);
        }
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
        var dueAt = cart.IdleDoneAt == 0 ? cart.LastAt + campaigns.MinIdle : campaigns.NextIdle(cart.LastAt, cart.IdleDoneAt, zone);
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
        if (now - cart.LastAt < campaigns.MinIdle)
        {
            return 0;
        }

        var due = campaigns.IdleDue(cart.LastAt, cart.IdleDoneAt, now, zone);
        cart.IdleDoneAt = now;
        return due;
    }

    /// <summary>Copies event time and timers, for writing on another thread.</summary>
    public TimersSnapshot Snapshot() => new(Now, _wheelAt, _wheel.Snapshot());

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
    }
}

/// <summary>A copy of a partition's event time and timers.</summary>
/// <param name="now">Event time.</param>
/// <param name="wheelAt">The last tick the wheel processed.</param>
/// <param name="wheel">The timers.</param>
sealed class TimersSnapshot(long now, long wheelAt, TimerWheelSnapshot wheel)
{
    /// <summary>Writes the format that <see cref="CartTimers.ReadFrom"/> reads.</summary>
    public void WriteTo(Stream stream)
    {
        Span<byte> times = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(times, now);
        BinaryPrimitives.WriteInt64LittleEndian(times[8..], wheelAt);
        stream.Write(times);
        wheel.WriteTo(stream);
    }
}
