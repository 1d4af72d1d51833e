namespace CartRecovery.Primitives;

/// <summary>
/// A set of keys with false positives: a Bloom filter (Bloom 1970) whose bits for a key lie in one cache line (Putze, Sanders and Singler
/// 2007). Never denies an added key. About 1% false positives at up to <see cref="Planned"/> keys, more beyond.
/// </summary>
/// <param name="bytes">Its size: a power of two, at least 64.</param>
public sealed class BloomFilter(int bytes)
{
    const int LineBits = 9, Probes = 5;

    readonly LineTable _words = new(bytes / sizeof(ulong));

    /// <summary>Planned number of keys, at ten bits each.</summary>
    public long Planned => bytes * 8L / 10;

    /// <summary>Adds a key.</summary>
    public void Add(in Hash128 key)
    {
        var (line, bits) = (LineOf(key), key.Low);
        for (var i = 0; i < Probes; i++, bits >>= LineBits)
        {
            _words[line + (int)((bits >> 6) & (LineTable.LineWords - 1))] |= 1UL << (int)(bits & 63);
        }
    }

    /// <summary>Returns whether the key may have been added.</summary>
    /// <returns><see langword="false"/> if it certainly was not.</returns>
    public bool MayHold(in Hash128 key)
    {
        var (line, bits) = (LineOf(key), key.Low);
        for (var i = 0; i < Probes; i++, bits >>= LineBits)
        {
            if ((_words[line + (int)((bits >> 6) & (LineTable.LineWords - 1))] & (1UL << (int)(bits & 63))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    // Uses the half of the key that the bits do not use.
    int LineOf(in Hash128 key) => (int)(key.High & (ulong)((_words.Length / LineTable.LineWords) - 1)) * LineTable.LineWords;
}
