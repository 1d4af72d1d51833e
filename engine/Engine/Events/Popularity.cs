using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Counts how much a category or a product is looked at now, over all shoppers: exponentially decayed counts in a table of fixed size, without keys and
/// locks. Two keys of one slot are counted together, and of two threads that count in the same nanoseconds one may be lost: it is an estimate. What it said is
/// kept with the event, so that a replay does not depend on it. Thread-safe; allocates nothing.
/// </summary>
/// <param name="slots">Number of slots, a power of two.</param>
/// <param name="halfLife">After which a count is halved, in seconds.</param>
public sealed class Popularity(int slots, int halfLife)
{
    // A count has this many fractional bits, and the fractions of a half-life are this many steps.
    const int FractionBits = 8, Steps = 64, DecayBits = 16;

    // 2^(−step/64), rounded to 16 bits: the same on every machine.
    static readonly uint[] s_decay = [.. Enumerable.Range(0, Steps).Select(step => (uint)Math.Round((1 << DecayBits) * Math.Pow(2, -(double)step / Steps)))];

    // The time of the last change in seconds, and the count then.
    readonly ulong[] _slots = new ulong[slots];

    /// <summary>Returns the key of a text; 0 for an empty one.</summary>
    /// <param name="text">The text in UTF-8.</param>
    /// <param name="store">The store's number: stores count apart.</param>
    public static uint KeyOf(ReadOnlySpan<byte> text, int store) => text.IsEmpty ? 0 : (uint)Hash128.Of(text, (ulong)store).Low | 1;

    /// <summary>Returns the count of a key.</summary>
    /// <param name="key">A hash.</param>
    /// <param name="now">The time, in milliseconds since 1970 UTC.</param>
    public float Read(uint key, long now) => (float)Decayed(Volatile.Read(ref SlotOf(key)), SecondsOf(now)) / (1 << FractionBits);

    /// <summary>Counts a key once, and returns its count with it.</summary>
    /// <param name="key">A hash.</param>
    /// <param name="now">The time, in milliseconds since 1970 UTC.</param>
    public float Add(uint key, long now)
    {
        ref var slot = ref SlotOf(key);
        var seconds = SecondsOf(now);
        var before = Volatile.Read(ref slot);

        // A clock that was set back counts on from the later time.
        var count = Math.Min(Decayed(before, seconds) + (1u << FractionBits), uint.MaxValue >> 1);
        Volatile.Write(ref slot, ((ulong)Math.Max(seconds, (uint)(before >> 32)) << 32) | count);
        return (float)count / (1 << FractionBits);
    }

    ref ulong SlotOf(uint key) => ref _slots[(int)(key * 0x9E3779B1u >> 7) & (_slots.Length - 1)];

    static uint SecondsOf(long now) => (uint)(now / 1000);

    uint Decayed(ulong slot, uint now)
    {
        var (at, count) = ((uint)(slot >> 32), (uint)slot);
        if (count == 0 || now <= at)
        {
            return count;
        }

        var (halves, rest) = Math.DivRem(now - at, (uint)halfLife);
        return halves >= 32 ? 0 : (uint)(((ulong)count * s_decay[rest * Steps / (uint)halfLife]) >> DecayBits) >> (int)halves;
    }
}
