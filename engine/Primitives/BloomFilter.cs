namespace CartRecovery.Primitives;

/// <summary>
/// A set of keys that may be wrong about what it does not hold: a Bloom filter (Bloom 1970) whose bits of a key are in one
/// line of the processor's cache (Putze, Sanders and Singler 2007). It never denies a key that was added. It takes about one in a hundred others for
/// one while it holds <see cref="Planned"/> keys, and more than that beyond them.
/// </summary>
/// <param name="bytes">Its size, a power of two of at least 64.</param>
public sealed class BloomFilter(int bytes)
{
    const int LineBits = 9, Probes = 5;

    readonly LineTable _words = new(bytes / sizeof(ulong));

    /// <summary>Keys that it is made for, at ten bits each.</summary>
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

    /// <summary>Whether the key may have been added.</summary>
    /// <returns><see langword="false"/> when it certainly was not.</returns>
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

    // The half of the key that the bits are not from.
    int LineOf(in Hash128 key) => (int)(key.High & (ulong)((_words.Length / LineTable.LineWords) - 1)) * LineTable.LineWords;
}
