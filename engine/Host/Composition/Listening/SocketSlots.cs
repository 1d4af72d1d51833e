using System.Net;
using CartRecovery.Engine.Ingest.Limits;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Holds a socket's slots in the limiter. Dispose releases them; idempotent.</summary>
sealed class SocketSlots : IDisposable
{
    readonly ConnectionLimiter _limiter;
    readonly IPAddress? _address;
    readonly bool _hasErrorSlot;
    int _isReleased;

    /// <summary>Counts a socket beyond the total.</summary>
    public SocketSlots(ConnectionLimiter limiter, IPAddress? address)
    {
        _limiter = limiter;
        _address = address;
        IsWithinAddress = limiter.TryReserveAddress(address);
        _hasErrorSlot = !IsWithinAddress && limiter.TryReserveErrorSlot();
    }

    /// <summary>Whether its address is within its limit.</summary>
    public bool IsWithinAddress { get; }

    /// <summary>Whether the socket may stay open, if only to receive the reason of its rejection.</summary>
    public bool IsAdmitted => IsWithinAddress || _hasErrorSlot;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
        {
            return;
        }

        if (IsWithinAddress)
        {
            _limiter.ReleaseAddress(_address);
        }
        else if (_hasErrorSlot)
        {
            _limiter.ReleaseErrorSlot();
        }

        _limiter.ReleaseSocket();
    }
}
