namespace CartRecovery.Engine.Learning.Training;

/// <summary>Generates random numbers that depend only on the seed, on every machine and every .NET version (SplitMix64).</summary>
sealed class SeededRandom(ulong seed)
{
    ulong _state = seed;

    internal ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Returns an integer from 0 to <paramref name="bound"/> − 1.</summary>
    internal int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Returns a number of at least 0 and below 1.</summary>
    internal double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Moves a random selection of <paramref name="count"/> items to the front, in random order.</summary>
    internal void Choose(Span<int> items, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var j = i + Below(items.Length - i);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
