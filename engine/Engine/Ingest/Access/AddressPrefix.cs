using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>A client's address as limits count it.</summary>
static class AddressPrefix
{
    /// <summary>
    /// Returns the address's number. The owner of an IPv6 network has unlimited addresses, so a /64 counts as one. No such prefix equals an
    /// IPv4 number here.
    /// </summary>
    public static ulong NumberOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? MemoryMarshal.Read<uint>(bytes)
            : address.IsIPv4MappedToIPv6 ? MemoryMarshal.Read<uint>(bytes[12..])
            : MemoryMarshal.Read<ulong>(bytes);
    }

    /// <summary>Returns whether the client is on this machine.</summary>
    public static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
