using System.Net;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>Describes who presents a key.</summary>
/// <param name="Address">The client's address: <see cref="TrustedProxies"/>.</param>
/// <param name="Headers">The request's headers; <see langword="null"/> for a protocol without any.</param>
/// <param name="IsHttp10">Whether the request is HTTP/1.0.</param>
public readonly record struct AuthenticationContext(IPAddress? Address, IHeaderDictionary? Headers = null, bool IsHttp10 = false)
{
    /// <summary>
    /// The origin of the page that sends the request; empty if the header is, <see langword="null"/> without one: the client is no browser.
    /// </summary>
    public string? Origin => Headers?.Origin is { Count: > 0 } origin ? origin.ToString() : null;

    /// <summary>
    /// Whether the client is a program on this machine. A foreign <c>Host</c> means a rebound name (DNS rebinding) or a proxy; so do
    /// forwarding headers, and HTTP/1.0, which nginx speaks by default.
    /// </summary>
    public bool IsLocal => Address is { } address && AddressPrefix.IsLoopback(address)
        && (Headers is not { } headers || (!IsHttp10 && IsLoopbackHost(headers.Host.ToString()) && !ForwardingHeaders.Any(headers)));

    /// <summary>
    /// Returns whether a <c>Host</c> names this machine: <c>localhost</c>, 127.0.0.0/8 or <c>[::1]</c>, with or without a port.
    /// </summary>
    public static bool IsLoopbackHost(string host)
    {
        var colon = host.LastIndexOf(':');
        var name = colon > 0 && !host.EndsWith(']') ? host[..colon] : host;
        if (colon > 0 && name.Length < host.Length && host.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name == "[::1]"
            || (name.StartsWith("127.", StringComparison.Ordinal) && IPAddress.TryParse(name, out var address)
                && address.ToString() == name);
    }
}
