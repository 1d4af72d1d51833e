using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Decisions;

/// <summary>A copy of a <see cref="TimerWheel"/>.</summary>
public sealed class TimerWheelSnapshot
{
    readonly WheelHeader _header;
    readonly int[] _heads;
    readonly int[] _tails;
    readonly byte[] _nodes;

    internal TimerWheelSnapshot(in WheelHeader header, int[] heads, int[] tails, byte[] nodes)
    {
        _header = header;
        _heads = heads;
        _tails = tails;
        _nodes = nodes;
    }

    /// <summary>Writes the format that <see cref="TimerWheel.ReadFrom"/> reads: the wheel's memory, little-endian.</summary>
    public void WriteTo(Stream stream)
    {
        stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<WheelHeader>(in _header)));
        stream.Write(MemoryMarshal.AsBytes(_heads.AsSpan()));
        stream.Write(MemoryMarshal.AsBytes(_tails.AsSpan()));
        stream.Write(_nodes);
    }
}

/// <summary>The fields of a wheel besides its slots and timers.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly record struct WheelHeader(long Tick, long Now, int Started, int Count, int Used, int Free)
{
    // "wheel 1" in ASCII: identifies the format.
    const long Kind = 0x31206c65656877;

    readonly long _kind = Kind;

    public bool IsValid => _kind == Kind && Used >= 0 && Used <= 1 << 27 && Count >= 0 && Count <= Used && Started is 0 or 1;
}
