using System.Net;
using System.Net.Sockets;
using CartRecovery.Engine.Ingest.Access;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>A connection whose client has not sent a valid key.</summary>
/// <param name="address">The client's address; <see langword="null"/> if unknown.</param>
/// <param name="socket">Its socket; <see langword="null"/> if unknown.</param>
/// <param name="evict">Closes it.</param>
public sealed class UnauthenticatedConnection(IPAddress? address, Socket? socket, Action evict)
{
    UnauthenticatedConnections? _owner;
    int _requests;

    /// <summary>The client's address as limits count it; <see langword="null"/> if unknown.</summary>
    internal ulong? Address { get; } = address is null ? null : AddressPrefix.NumberOf(address);

    /// <summary>Its place among all.</summary>
    internal LinkedListNode<UnauthenticatedConnection>? Place { get; set; }

    /// <summary>Its place among those of its address.</summary>
    internal LinkedListNode<UnauthenticatedConnection>? PlaceOfAddress { get; set; }

    // What has arrived is not the client's delay, but ours.
    internal bool IsWaitingForClient
    {
        get
        {
            try
            {
                return Volatile.Read(ref _requests) == 0 && (socket is null || socket.Available == 0);
            }
            catch (Exception gone) when (gone is ObjectDisposedException or SocketException)
            {
                return true;
            }
        }
    }

    /// <summary>Begins a request without a valid key: until it ends, others are closed first.</summary>
    public void BeginRequest() => Interlocked.Increment(ref _requests);

    /// <summary>Ends a request: the connection counts as new.</summary>
    public void EndRequest()
    {
        Interlocked.Decrement(ref _requests);
        _owner?.Renew(this);
    }

    /// <summary>Counts the connection no longer: its client has authenticated, or it is closed. Idempotent.</summary>
    public void Leave() => _owner?.Remove(this);

    internal void Enter(UnauthenticatedConnections owner) => _owner = owner;

    internal void Evict() => evict();
}
