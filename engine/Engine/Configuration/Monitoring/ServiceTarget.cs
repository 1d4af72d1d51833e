using System.Globalization;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>Reads the targets of checks.</summary>
public static class ServiceTarget
{
    /// <summary>Splits <c>host:port</c>; an IPv6 address stands in brackets.</summary>
    /// <param name="target">The target.</param>
    /// <param name="host">The name or address, without brackets.</param>
    /// <param name="port">1–65535.</param>
    /// <returns><see langword="false"/> for something else.</returns>
    public static bool TrySplit(string target, out string host, out int port)
    {
        var colon = target.LastIndexOf(':');
        (host, port) = ("", 0);
        if (colon <= 0 || !int.TryParse(target.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > 65535)
        {
            return false;
        }

        host = target[..colon];
        var isBracketed = host[0] == '[' && host[^1] == ']';
        host = isBracketed ? host[1..^1] : host;
        return Uri.CheckHostName(host) is var kind && (isBracketed ? kind == UriHostNameType.IPv6 : kind is UriHostNameType.Dns or UriHostNameType.IPv4);
    }
}
