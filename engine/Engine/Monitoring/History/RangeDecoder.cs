namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Decodes what <see cref="RangeEncoder"/> wrote. Reads zeros after the end.</summary>
ref struct RangeDecoder
{
    readonly ReadOnlySpan<byte> _bytes;
    int _at;
    uint _range = uint.MaxValue;
    uint _code;

    public RangeDecoder(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        for (var i = 0; i < 4; i++)
        {
            _code = (_code << 8) | Next();
        }
    }

    /// <summary>Decodes a bit and adapts its probability.</summary>
    public bool Read(ref ushort probability)
    {
        var bound = (_range >> RangeEncoder.ProbabilityBits) * probability;
        var bit = _code >= bound;
        if (!bit)
        {
            _range = bound;
            probability += (ushort)(((1 << RangeEncoder.ProbabilityBits) - probability) >> RangeEncoder.Adaptation);
        }
        else
        {
            _code -= bound;
            _range -= bound;
            probability -= (ushort)(probability >> RangeEncoder.Adaptation);
        }

        Normalize();
        return bit;
    }

    /// <summary>Decodes a number of so many bits.</summary>
    public ulong ReadDirect(int bits)
    {
        var value = 0ul;
        while (bits > 0)
        {
            var count = Math.Min(bits, RangeEncoder.MostDirectBits);
            bits -= count;
            _range >>= count;
            var part = Math.Min(_code / _range, (1u << count) - 1);
            _code -= part * _range;
            value = (value << count) | part;
            Normalize();
        }

        return value;
    }

    void Normalize()
    {
        while (_range < RangeEncoder.Least)
        {
            _range <<= 8;
            _code = (_code << 8) | Next();
        }
    }

    uint Next() => _at < _bytes.Length ? _bytes[_at++] : 0u;
}
