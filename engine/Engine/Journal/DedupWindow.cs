using System.Numerics;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Remembers the events seen within a time window, in a fixed amount of memory. An event is identified by (store, cart, event id): by the
/// id alone, one client could suppress another cart's events. The two keys include the store; their 256 bits are mixed to a position and a
/// fingerprint of 64 bits each. Only the fingerprint is stored, so the chance of mistaking one event for another is about 2⁻⁶⁰. Ids are
/// kept in four generations. The newest takes new ids until it is 70% full or spans a third of the window; then the oldest is dropped. So
/// an id is remembered for at least the window if memory suffices for the rate. Time is the receive time passed by the caller and advances
/// only with new events, so a journal without the duplicates rebuilds the same window. One thread at a time.
/// </summary>
public sealed class DedupWindow
{
    const int Generations = DedupSummary.Columns;

    // Bytes per slot: in each generation, in a snapshot's copy of the newest, and in the summary.
    const int BytesPerSlot = ((Generations + 1) * sizeof(ulong)) + (CacheLine.Size / SlotsPerLine);

    // At a generation's load limit, a column of the summary has eleven fingerprints per line.
    const int SlotsPerLine = 2 * DedupGeneration.Bucket;
    const int MinSlots = 64;
    const int Ahead = 12;
    const long Kind = 0x31207075646564; // "dedup 1"

    readonly long _window;
    readonly int _slots;

    // Newest first.
    readonly DedupGeneration[] _generations = new DedupGeneration[Generations];
    readonly DedupSummary _summary;
    readonly ulong[] _places = new ulong[EventSlab.Capacity];
    readonly ulong[] _fingerprints = new ulong[EventSlab.Capacity];
    LineTable? _copy;
    long _now = long.MinValue;

    /// <summary>Creates an empty window.</summary>
    /// <param name="budget">Memory in bytes; 3 KB or more.</param>
    /// <param name="window">How long an id is remembered; 3 ms or more.</param>
    public DedupWindow(long budget, TimeSpan window)
    {
        _window = (long)window.TotalMilliseconds;
        _slots = SlotsFor(budget);
        _summary = new DedupSummary(_slots / SlotsPerLine);
        for (var i = 0; i < Generations; i++)
        {
            _generations[i] = new DedupGeneration(new LineTable(_slots), Generations - i, long.MinValue);
        }
    }

    /// <summary>Number of ids remembered.</summary>
    public long Count => _generations.Sum(g => (long)g.Count);

    /// <summary>Number of ids dropped early because crafted ids overfilled a stretch of the table.</summary>
    public long Forgotten { get; private set; }

    /// <summary>
    /// How far back every id is remembered (ms). Less than the window if memory is too small for the rate or the engine has not run that
    /// long; 0 before the first event.
    /// </summary>
    public long CoveredMilliseconds
    {
        get
        {
            var opened = _generations[^1].OpenedAt;
            for (var i = Generations - 2; i >= 0 && opened == long.MinValue; i--)
            {
                opened = _generations[i].OpenedAt;
            }

            return opened == long.MinValue ? 0 : _now - opened;
        }
    }

    /// <summary>Returns the number of ids that a budget in bytes is guaranteed to hold.</summary>
    public static long Capacity(long budget) => LimitOf(SlotsFor(budget)) * (Generations - 1L);

    /// <summary>Describes the event rate that the budgets allow, for the memory plan.</summary>
    /// <param name="budget">Memory of one window, in bytes.</param>
    /// <param name="windows">Number of windows.</param>
    /// <param name="window">How long an id is remembered.</param>
    public static string Describe(long budget, int windows, TimeSpan window) =>
        $"{windows} × {budget >> 20} MB: {window.TotalMinutes:0.#} minutes of up to {Capacity(budget) * windows / window.TotalSeconds:N0} events/s";

    /// <summary>Adds an event.</summary>
    /// <param name="id">The key of (store, event id).</param>
    /// <param name="cart">The key of (store, cart).</param>
    /// <param name="receivedAt">When it was received (ms since 1970 UTC).</param>
    /// <returns><see langword="false"/> if it is a duplicate.</returns>
    public bool TryAdd(in Hash128 id, in Hash128 cart, long receivedAt)
    {
        var (place, fingerprint) = Mix(id, cart);
        return TryAdd(place, fingerprint, receivedAt);
    }

    /// <summary>
    /// Adds a slab's events and marks duplicates as <see cref="EventFlags.Duplicate"/>. An event that ends contact is none: what it ended may have
    /// been resumed since, and to end it again changes nothing.
    /// </summary>
    /// <returns>The number of duplicates.</returns>
    public int MarkDuplicates(EventSlab slab)
    {
        // The tables exceed the cache. Memory for events ahead is prefetched so that the loads overlap; nearly all events are new.
        var (ahead, duplicates) = (0, 0);
        for (var i = 0; i < slab.Count; i++)
        {
            for (var until = Math.Min(i + Ahead, slab.Count); ahead < until; ahead++)
            {
                ref readonly var e = ref slab.Records[ahead];
                var (place, fingerprint) = Mix(slab.DedupIdOf(e), e.Cart);
                _places[ahead] = place;
                _fingerprints[ahead] = fingerprint;
                _summary.Prefetch(fingerprint);
                _generations[0].Prefetch(place);
            }

            if (!TryAdd(_places[i], _fingerprints[i], slab.ReceivedAt) && !EventTypes.Has(slab.Records[i].Type, EventTraits.EndsContact))
            {
                slab.Records[i].Flags |= EventFlags.Duplicate;
                duplicates++;
            }
        }

        return duplicates;
    }

    /// <summary>Takes a snapshot for writing on another thread. Dispose of it before taking the next.</summary>
    public DedupSnapshot Snapshot()
    {
        var current = _generations[0];
        var copy = Interlocked.Exchange(ref _copy, null);
        if (copy?.Length != current.Slots.Length)
        {
            copy = new LineTable(current.Slots.Length);
        }

        current.Slots.Words.CopyTo(copy.Words);
        var youngest = new DedupGeneration(copy, current.Number, current.OpenedAt) { Count = current.Count };
        foreach (var generation in _generations.AsSpan(1))
        {
            generation.Hold();
        }

        return new DedupSnapshot([youngest, .. _generations.AsSpan(1)], _now, Forgotten, Kind, () => _copy = copy);
    }

    /// <summary>Restores a written window. If the budget changed, restored generations keep their size until they are dropped.</summary>
    /// <exception cref="InvalidDataException">The stream is not a window.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void ReadFrom(Stream stream)
    {
        if (DedupSnapshot.ReadLong(stream) != Kind)
        {
            throw new InvalidDataException("not a set of event ids");
        }

        _now = DedupSnapshot.ReadLong(stream);
        Forgotten = DedupSnapshot.ReadLong(stream);
        for (var i = 0; i < Generations; i++)
        {
            _generations[i] = DedupSnapshot.ReadGeneration(stream);
            if (_generations[i].Number != _generations[0].Number - i || _generations[i].Number < 1)
            {
                throw new InvalidDataException("the generations of event ids are not consecutive");
            }
        }

        for (var column = 0; column < Generations; column++)
        {
            _summary.Clear(column);
        }

        foreach (var generation in _generations)
        {
            _summary.AddAll(ColumnOf(generation), generation.Slots.Words);
        }
    }

    static int SlotsFor(long budget) =>
        (int)Math.Clamp(budget / BytesPerSlot, MinSlots, DedupGeneration.MaxSlots) / SlotsPerLine * SlotsPerLine;

    static int LimitOf(int slots) => (int)(slots * 7L / 10);

    // Asymmetric: an event id equal to its cart's id must not cancel it out.
    static (ulong Place, ulong Fingerprint) Mix(in Hash128 id, in Hash128 cart)
    {
        var place = Finish(id.High ^ (BitOperations.RotateLeft(cart.Low, 23) * 0x9FB21C651E98DF25));
        var fingerprint = Finish(id.Low + (cart.High * 0xD6E8FEB86659FD93));
        return (place, fingerprint == 0 ? 1 : fingerprint);
    }

    static ulong Finish(ulong k)
    {
        k = (k ^ (k >> 32)) * 0xff51afd7ed558ccd;
        k = (k ^ (k >> 29)) * 0xc4ceb9fe1a85ec53;
        return k ^ (k >> 32);
    }

    bool TryAdd(ulong place, ulong fingerprint, long receivedAt)
    {
        var columns = _summary.MayHold(fingerprint);
        if (columns != 0 && IsHeld(columns, place, fingerprint))
        {
            return false;
        }

        MoveOn(receivedAt);
        if (_generations[0].Count >= LimitOf(_generations[0].Slots.Length))
        {
            Rotate();
        }

        if (!_generations[0].Add(place, fingerprint))
        {
            Forgotten++;
        }

        _summary.Add(ColumnOf(_generations[0]), fingerprint);
        return true;
    }

    bool IsHeld(uint columns, ulong place, ulong fingerprint)
    {
        foreach (var generation in _generations)
        {
            if (((columns >> (2 * ColumnOf(generation))) & 1) != 0 && generation.Contains(place, fingerprint))
            {
                return true;
            }
        }

        return false;
    }

    // Generation numbers are consecutive, so no two share a column.
    static int ColumnOf(DedupGeneration generation) => (int)(generation.Number % Generations);

    void MoveOn(long receivedAt)
    {
        if (_now == long.MinValue)
        {
            _now = receivedAt;
            _generations[0] = new DedupGeneration(_generations[0].Slots, _generations[0].Number, receivedAt);
            return;
        }

        _now = Math.Max(_now, receivedAt);
        if (_now - _generations[0].OpenedAt >= _window / 3)
        {
            Rotate();
        }
    }

    void Rotate()
    {
        var oldest = _generations[^1];
        var slots = oldest.Slots;
        if (oldest.IsHeld || slots.Length != _slots)
        {
            slots = new LineTable(_slots);
        }
        else if (oldest.Count > 0)
        {
            slots.Words.Clear();
        }

        _generations.AsSpan(0, Generations - 1).CopyTo(_generations.AsSpan(1));
        _generations[0] = new DedupGeneration(slots, _generations[1].Number + 1, _now);
        _summary.Clear(ColumnOf(_generations[0]));
    }
}
