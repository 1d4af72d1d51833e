using System.Buffers.Binary;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>A partition's event time, and its carts' timers, which follow it.</summary>
/// <param name="capacity">Timers at the most.</param>
/// <param name="counters">What is counted.</param>
/// <param name="fire">Gets the cart whose timer is due, and when it was.</param>
sealed class CartTimers(int capacity, PartitionCounters counters, Action<Hash128, long> fire)
{
    const int Tick = 100;

    readonly TimerWheel _wheel = new(Tick, capacity);
    long _wheelAt;

    /// <summary>Event time: milliseconds since 1970 UTC. It never goes back.</summary>
    public long Now { get; private set; }

    /// <summary>Timers that are set.</summary>
    public int Count => _wheel.Count;

    /// <summary>A timer is due by then, or may be.</summary>
    public bool HasDue(long now) => _wheel.HasDue(now);

    /// <summary>Moves time on, and fires what is due. The wheel is looked at once a tick of it, not once an event.</summary>
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

    /// <summary>Sets the cart's timer if it wants one. A cart has one, and it is not moved while events come: a timer that finds a younger event
    /// sets itself anew.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="key">Its key.</param>
    /// <param name="campaigns">What it waits for.</param>
    /// <param name="zone">Its store's.</param>
    public void SetFor(ref CartRecord cart, in Hash128 key, CampaignSet campaigns, TimeZoneInfo zone)
    {
        if (campaigns.ShortestIdle == long.MaxValue || cart.Checkout == CheckoutStep.Purchased)
        {
            return;
        }

        // Nothing can be due before the shortest wait: with every event that is near enough, and the timer looks closer.
        var dueAt = cart.IdleDoneAt == 0 ? cart.LastAt + campaigns.ShortestIdle : campaigns.NextIdle(cart.LastAt, cart.IdleDoneAt, zone);
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
            counters.AddTimerRefused();
        }
    }

    /// <summary>The idle campaigns whose turn has come, each once in an idle episode.</summary>
    public static ulong TakeDue(ref CartRecord cart, long now, CampaignSet campaigns, TimeZoneInfo zone)
    {
        if (now - cart.LastAt < campaigns.ShortestIdle)
        {
            return 0;
        }

        var due = campaigns.IdleDue(cart.LastAt, cart.IdleDoneAt, now, zone);
        cart.IdleDoneAt = now;
        return due;
    }

    /// <summary>Copies time and timers, to be written while they go on.</summary>
    public TimersSnapshot Snapshot() => new(Now, _wheelAt, _wheel.Snapshot());

    /// <summary>Becomes what was written.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void ReadFrom(Stream stream)
    {
        Span<byte> times = stackalloc byte[2 * sizeof(long)];
        stream.ReadExactly(times);
        _wheel.ReadFrom(stream);
        Now = BinaryPrimitives.ReadInt64LittleEndian(times);
        _wheelAt = BinaryPrimitives.ReadInt64LittleEndian(times[8..]);
    }
}

/// <summary>Time and timers as they were at a moment.</summary>
/// <param name="now">Event time.</param>
/// <param name="wheelAt">The tick that the wheel has come to.</param>
/// <param name="wheel">The timers.</param>
sealed class TimersSnapshot(long now, long wheelAt, TimerWheelSnapshot wheel)
{
    /// <summary>Writes what <see cref="CartTimers.ReadFrom"/> reads.</summary>
    public void WriteTo(Stream stream)
    {
        Span<byte> times = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(times, now);
        BinaryPrimitives.WriteInt64LittleEndian(times[8..], wheelAt);
        stream.Write(times);
        wheel.WriteTo(stream);
    }
}
