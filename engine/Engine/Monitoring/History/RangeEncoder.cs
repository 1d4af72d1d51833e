namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// A binary range coder with carry propagation (Martin 1979, as LZMA uses it): codes bits under adaptive probabilities and bits without
/// one. A bit that is nearly certain costs a hundredth of a bit. Not thread-safe.
/// </summary>
sealed class RangeEncoder
{
    internal const int ProbabilityBits = 11;
    internal const int Adaptation = 4;
    internal const uint Least = 1u << 24;
    internal const int MostDirectBits = 16;

    byte[] _bytes = new byte[256];
    int _length;
    ulong _low;
    uint _range = uint.MaxValue;
    byte _cache;
    int _carried;
    bool _started;

    /// <summary>Codes a bit and adapts its probability.</summary>
    /// <param name="probability">The probability of 0 in units of 1/2048.</param>
    /// <param name="bit">The bit.</param>
    public void Write(ref ushort probability, bool bit)
    {
        var bound = (_range >> ProbabilityBits) * probability;
        if (!bit)
        {
            _range = bound;
            probability += (ushort)(((1 << ProbabilityBits) - probability) >> Adaptation);
        }
        else
        {
            _low += bound;
            _range -= bound;
            probability -= (ushort)(probability >> Adaptation);
        }

        Normalize();
    }

    /// <summary>Codes the low bits of a number, each as likely 0 as 1.</summary>
    public void WriteDirect(ulong value, int bits)
    {
        while (bits > 0)
        {
            var count = Math.Min(bits, MostDirectBits);
            bits -= count;
            _range >>= count;
            _low += _range * ((value >> bits) & ((1ul << count) - 1));
            Normalize();
        }
    }

    /// <summary>Ends the code and returns it. The decoder reads zeros after the end, so trailing ones are left out.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        // The number within the last range that ends in most zeros.
        var high = _low + _range - 1;
        for (var bits = 32; bits >= 0; bits--)
        {
            var mask = (1ul << bits) - 1;
            if (((_low + mask) & ~mask) <= high)
            {
                _low = (_low + mask) & ~mask;
                break;
            }
        }

        for (var i = 0; i < 5; i++)
        {
            Shift();
        }

        return _bytes.AsSpan(0, _length).TrimEnd((byte)0);
    }

    void Normalize()
    {
        while (_range < Least)
        {
            _range <<= 8;
            Shift();
        }
    }

    // The byte before a run of 0xff waits until no carry can reach it.
    void Shift()
    {
        if ((uint)_low < 0xff000000 || _low > uint.MaxValue)
        {
            var carry = (byte)(_low >> 32);
            if (_started)
            {
                Add((byte)(_cache + carry));
            }

            for (; _carried > 0; _carried--)
            {
                Add((byte)(0xff + carry));
            }

            _started = true;
            _cache = (byte)(_low >> 24);
        }
        else
        {
            _carried++;
        }

        _low = (_low & 0x00ffffff) << 8;
    }

    void Add(byte value)
    {
        if (_length == _bytes.Length)
        {
            Array.Resize(ref _bytes, _length * 2);
        }

        _bytes[_length++] = value;
    }
}
