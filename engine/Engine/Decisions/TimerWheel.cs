using System.Runtime.InteropServices;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// A hierarchical timing wheel (Varghese and Lauck 1987) with four levels of 256 slots: setting and firing a timer take constant time.
/// Timers fire in tick order, and within a tick in the order they were set, so the same calls give the same order. One thread at a time.
/// </summary>
public sealed class TimerWheel
{
    const int LevelBits = 8;
    const int Slots = 1 << LevelBits;
    const int Levels = 4;
    const int None = -1;

    readonly int[] _heads = new int[Slots * Levels];
    readonly int[] _tails = new int[Slots * Levels];
    readonly int _capacity;
    readonly long _tick;
    Node[] _nodes;
    int _free = None;
    int _used;
    long _now;
    bool _started;

    /// <summary>Creates an empty wheel.</summary>
    /// <param name="tickMilliseconds">Resolution, 1 or more.</param>
    /// <param name="capacity">Maximum number of timers.</param>
    public TimerWheel(int tickMilliseconds, int capacity)
    {
        _tick = tickMilliseconds;
        _capacity = capacity;
        _nodes = new Node[Math.Min(capacity, 1024)];
        Array.Fill(_heads, None);
        Array.Fill(_tails, None);
    }

    /// <summary>Number of timers set.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes per timer.</summary>
    public static int BytesPerTimer => 32;

    /// <summary>Sets a timer. One that is already due fires at the next advance.</summary>
    /// <param name="key">The timer's key.</param>
    /// <param name="dueAt">Due time (ms since 1970 UTC).</param>
    /// <returns><see langword="false"/> if the wheel is full or has not been advanced yet.</returns>
    public bool TrySet(in Hash128 key, long dueAt)
    {
        if (!_started)
        {
            return false;
        }

        int index;
        if (_free != None)
        {
            index = _free;
            _free = _nodes[index].Next;
        }
        else
        {
            if (_used == _nodes.Length)
            {
                if (_used >= _capacity)
                {
                    return false;
                }

                Array.Resize(ref _nodes, (int)Math.Min((long)_used * 2, _capacity));
            }

            index = _used++;
        }

        _nodes[index] = new Node { Key = key, DueAt = dueAt };
        Place(index, _now + 1);
        Count++;
        return true;
    }

    /// <summary>
    /// Returns <see langword="true"/> if advancing to <paramref name="now"/> reaches a tick at which a timer fires or moves to a finer
    /// level. If not, skipping the advance loses nothing.
    /// </summary>
    public bool HasDue(long now)
    {
        var target = now / _tick;
        if (Count == 0 || target <= _now)
        {
            return false;
        }

        for (var level = 0; level < Levels; level++)
        {
            var shift = LevelBits * level;
            var turn = _now >> shift;
            for (var i = 1; i <= Slots && ((turn + i) << shift) <= target; i++)
            {
                if (_heads[(level * Slots) + (int)((turn + i) & (Slots - 1))] != None)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Removes all timers and restarts at a time, which may be earlier. Returns them in an order that the calls determine.</summary>
    public IReadOnlyList<(Hash128 Key, long DueAt)> Restart(long now)
    {
        var timers = new List<(Hash128, long)>(Count);
        for (var slot = 0; slot < _heads.Length; slot++)
        {
            for (var index = Take(slot); index != None; index = _nodes[index].Next)
            {
                timers.Add((_nodes[index].Key, _nodes[index].DueAt));
            }
        }

        (_now, _started, Count, _used, _free) = (now / _tick, true, 0, 0, None);
        return timers;
    }

    /// <summary>Copies the wheel, for writing on another thread.</summary>
    public TimerWheelSnapshot Snapshot() => new(
        new WheelHeader(_tick, _now, _started ? 1 : 0, Count, _used, _free), [.. _heads], [.. _tails],
        MemoryMarshal.AsBytes(_nodes.AsSpan(0, _used)).ToArray());

    /// <summary>Restores a written wheel: the same calls then fire the same timers in the same order.</summary>
    /// <exception cref="InvalidDataException">The stream is not a wheel, or one of another resolution.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void ReadFrom(Stream stream)
    {
        var header = default(WheelHeader);
        stream.ReadExactly(MemoryMarshal.AsBytes(new Span<WheelHeader>(ref header)));
        if (!header.IsValid || header.Tick != _tick)
        {
            throw new InvalidDataException("not a timer wheel of this resolution");
        }

        stream.ReadExactly(MemoryMarshal.AsBytes(_heads.AsSpan()));
        stream.ReadExactly(MemoryMarshal.AsBytes(_tails.AsSpan()));
        _nodes = new Node[Math.Max(header.Used, Math.Min(_capacity, 1024))];
        stream.ReadExactly(MemoryMarshal.AsBytes(_nodes.AsSpan(0, header.Used)));
        (_now, _started, Count, _used, _free) = (header.Now, header.Started != 0, header.Count, header.Used, header.Free);
        if (_heads.Concat(_tails).Append(_free).Any(index => index < None || index >= _used)
            || _nodes.Take(_used).Any(node => node.Next < None || node.Next >= _used))
        {
            throw new InvalidDataException("the timers are inconsistent");
        }
    }

    /// <summary>
    /// Advances time and passes every timer due by <paramref name="now"/> to <paramref name="fire"/>, which may set others. Time never goes
    /// back.
    /// </summary>
    public void Advance(long now, Action<Hash128, long> fire)
    {
        var target = now / _tick;
        if (!_started)
        {
            _now = target;
            _started = true;
            return;
        }

        if (Count == 0)
        {
            _now = Math.Max(_now, target);
            return;
        }

        while (_now < target)
        {
            _now++;
            Cascade();
            Fire((int)(_now & (Slots - 1)), fire);
            if (Count == 0)
            {
                _now = target;
            }
        }
    }

    // When a level wraps, the next level's slot is distributed over it. Within a tick, timers from the higher level were set before those
    // already on the lower one: the list is reversed, and each timer goes to the front.
    void Cascade()
    {
        for (var level = 1; level < Levels && (_now & ((1L << (LevelBits * level)) - 1)) == 0; level++)
        {
            var slot = (level * Slots) + (int)((_now >> (LevelBits * level)) & (Slots - 1));
            var index = Reverse(Take(slot));
            while (index != None)
            {
                var next = _nodes[index].Next;
                Place(index, _now, first: true);
                index = next;
            }
        }
    }

    void Fire(int slot, Action<Hash128, long> fire)
    {
        var index = Take(slot);
        while (index != None)
        {
            var node = _nodes[index];
            _nodes[index].Next = _free;
            _free = index;
            Count--;
            fire(node.Key, node.DueAt);
            index = node.Next;
        }
    }

    int Take(int slot)
    {
        var index = _heads[slot];
        _heads[slot] = _tails[slot] = None;
        return index;
    }

    int Reverse(int index)
    {
        var reversed = None;
        while (index != None)
        {
            (_nodes[index].Next, reversed, index) = (reversed, index, _nodes[index].Next);
        }

        return reversed;
    }

    void Place(int index, long earliest, bool first = false)
    {
        // Rounded up: a timer never fires early. Beyond the last level it stays there for another revolution.
        var due = Math.Max((_nodes[index].DueAt + _tick - 1) / _tick, earliest);
        var distance = Math.Min(due - _now, (1L << (LevelBits * Levels)) - 1);
        due = _now + distance;
        var level = 0;
        while (distance >= 1L << (LevelBits * (level + 1)))
        {
            level++;
        }

        var slot = (level * Slots) + (int)((due >> (LevelBits * level)) & (Slots - 1));
        _nodes[index].Next = first ? _heads[slot] : None;
        if (_tails[slot] == None)
        {
            _heads[slot] = _tails[slot] = index;
        }
        else if (first)
        {
            _heads[slot] = index;
        }
        else
        {
            _nodes[_tails[slot]].Next = index;
            _tails[slot] = index;
        }
    }

    struct Node
    {
        public Hash128 Key;
        public long DueAt;
        public int Next;
    }
}
