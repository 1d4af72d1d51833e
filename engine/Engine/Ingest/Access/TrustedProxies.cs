using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>
/// Computes the address of a request's client; nothing else does. Behind a trusted proxy it is the first address from the right in
/// <c>X-Forwarded-For</c> or <c>Forwarded</c> (RFC 7239) that is not a trusted proxy's. What other peers send in these headers is ignored.
/// Immutable and thread-safe.
/// </summary>
/// <param name="networks">The proxies' addresses.</param>
public sealed class TrustedProxies(IReadOnlyList<IPNetwork> networks)
{
    /// <summary>No proxy is trusted.</summary>
    public static TrustedProxies None { get; } = new([]);

    /// <summary>Returns whether an address is a trusted proxy's.</summary>
    public bool Contains(IPAddress? address)
    {
        if (networks.Count == 0 || address is null)
        {
            return false;
        }

        var plain = Plain(address);
        foreach (var network in networks)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Returns the client's address. Removes the forwarding headers that led to it, so that those left are of proxies that are not trusted,
    /// or cannot be read.
    /// </summary>
    /// <param name="peer">The connection's other end; <see langword="null"/> if it has no IP address.</param>
    /// <param name="headers">The request's headers.</param>
    public IPAddress? Resolve(IPAddress? peer, IHeaderDictionary headers)
    {
        if (peer is null || !Contains(peer))
        {
            return peer;
        }

        var (list, elements) = (headers[ForwardingHeaders.For], headers[ForwardingHeaders.Forwarded]);
        if (list.Count == 0 && elements.Count == 0)
        {
            return peer;
        }

        var (client, isKnown) = list.Count > 0 ? Walk(peer, list, isElement: false) : Walk(peer, elements, isElement: true);
        if (list.Count > 0 && elements.Count > 0)
        {
            // A proxy maintains one of the two and passes the other on as the client wrote it.
            var (other, isOtherKnown) = Walk(peer, elements, isElement: true);
            if (!isKnown || !isOtherKnown || !other.Equals(client))
            {
                return peer;
            }
        }

        if (isKnown)
        {
            ForwardingHeaders.Remove(headers);
        }

        return client;
    }

    // Every entry was written by the sender of the one to its right, the last one by the peer.
    (IPAddress Client, bool IsKnown) Walk(IPAddress peer, StringValues header, bool isElement)
    {
        var client = peer;
        var entries = string.Join(',', (string?[])header!).Split(',');
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            if ((isElement ? ForwardingHeaders.NodeOf(entries[i]) : entries[i]) is not { } node
                || ForwardingHeaders.AddressOf(node) is not { } address)
            {
                return (client, false);
            }

            client = address;
            if (!Contains(client))
            {
                break;
            }
        }

        return (client, true);
    }

    static IPAddress Plain(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
