using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>An address to listen on: <c>127.0.0.1:8080</c>, <c>[::1]:80</c>, <c>0.0.0.0:8080</c>, <c>localhost:8080</c>.</summary>
/// <param name="Host">An IP address, without brackets, or <c>localhost</c>.</param>
/// <param name="Port">0–65535; 0 for any free port.</param>
[JsonConverter(typeof(ScalarConverter<EndpointAddress>))]
public readonly record struct EndpointAddress(string Host, int Port) : IScalar<EndpointAddress>
{
    /// <inheritdoc/>
    public static string Form => "an address and a port, like 127.0.0.1:8080, [::1]:80, 0.0.0.0:8080 or localhost:8080";

    /// <inheritdoc/>
    public static string Pattern => @"(localhost|[0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}";

    /// <summary>Whether it means both loopback addresses rather than one IP address.</summary>
    public bool IsLocalhost => Host == "localhost";

    /// <summary>Returns the IP address and port; for <c>localhost</c>, the IPv4 address.</summary>
    public IPEndPoint ToIPEndPoint() => new(IsLocalhost ? IPAddress.Loopback : IPAddress.Parse(Host), Port);

    /// <inheritdoc/>
    public static bool TryParse(string text, out EndpointAddress value)
    {
        value = default;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        var bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        if (bracketed)
        {
            host = host[1..^1];
        }
        // IPAddress also parses 1.2 and 0x7f000001, so the text must equal the address's canonical form.
        var known = bracketed
            ? IPAddress.TryParse(host, out var six) && six.AddressFamily == AddressFamily.InterNetworkV6
            : host == "localhost" || (IPAddress.TryParse(host, out var four) && four.ToString() == host && !host.Contains(':'));
        if (known)
        {
            value = new EndpointAddress(host, port);
        }

        return known;
    }

    /// <summary>Formats the address.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}");
}
