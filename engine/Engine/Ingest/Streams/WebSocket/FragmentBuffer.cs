using System.Buffers;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>The fragments of an incomplete message, in a pooled array that is held only while there are any.</summary>
/// <param name="maxMessage">The maximum message length, in bytes.</param>
sealed class FragmentBuffer(int maxMessage)
{
    byte[] _bytes = [];

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of memory held.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Appends bytes, for the caller to fill.</summary>
    public Span<byte> Append(int length)
    {
        var (start, needed) = (Length, Length + length);
        if (needed > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(needed, _bytes.Length * 2), Math.Max(needed, maxMessage)));
            Bytes.CopyTo(larger);
            Return();
            _bytes = larger;
        }

        Length = needed;
        return _bytes.AsSpan(start, length);
    }

    /// <summary>Gives the bytes up.</summary>
    public void Clear()
    {
        Length = 0;
        Return();
    }

    void Return()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
