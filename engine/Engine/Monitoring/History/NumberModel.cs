using System.Numerics;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// Codes numbers that are mostly small and often zero: an adaptive bit says whether the number is zero (given whether the last two were),
/// adaptive bits give its length, and plain bits the rest.
/// </summary>
sealed class NumberModel
{
    const ushort Even = 1 << (RangeEncoder.ProbabilityBits - 1);

    readonly ushort[] _zero = new ushort[4];
    readonly ushort[] _length = new ushort[64];
    int _recent;

    public NumberModel()
    {
        Array.Fill(_zero, Even);
        Array.Fill(_length, Even);
    }

    public void Write(RangeEncoder output, long number)
    {
        var value = (ulong)((number << 1) ^ (number >> 63));
        output.Write(ref _zero[_recent], value != 0);
        _recent = ((_recent << 1) | (value != 0 ? 1 : 0)) & 3;
        if (value == 0)
        {
            return;
        }

        var length = BitOperations.Log2(value);
        for (var (bit, node) = (5, 1); bit >= 0; bit--)
        {
            var isSet = ((length >> bit) & 1) != 0;
            output.Write(ref _length[node], isSet);
            node = (node << 1) | (isSet ? 1 : 0);
        }

        output.WriteDirect(value, length);
    }

    public long Read(ref RangeDecoder input)
    {
        var isZero = !input.Read(ref _zero[_recent]);
        _recent = ((_recent << 1) | (isZero ? 0 : 1)) & 3;
        if (isZero)
        {
            return 0;
        }

        var node = 1;
        for (var bit = 0; bit < 6; bit++)
        {
            node = (node << 1) | (input.Read(ref _length[node]) ? 1 : 0);
        }

        var length = node & 63;
        var value = (1ul << length) | input.ReadDirect(length);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
