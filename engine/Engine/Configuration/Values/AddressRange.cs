using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>An IP address, or a network in CIDR notation: <c>127.0.0.1</c>, <c>10.0.0.0/8</c>, <c>::1</c>, <c>2001:db8::/32</c>.</summary>
/// <param name="Network">The network; of a single address, the one that holds only it.</param>
[JsonConverter(typeof(ScalarConverter<AddressRange>))]
public readonly record struct AddressRange(IPNetwork Network) : IScalar<AddressRange>
{
    /// <inheritdoc/>
    public static string Form => "an IP address or a network, like 127.0.0.1, 10.0.0.0/8 or 2001:db8::/32";

    /// <inheritdoc/>
    public static string Pattern => @"([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(/[0-9]{1,3})?";

    /// <inheritdoc/>
    public static bool TryParse(string text, out AddressRange value)
    {
        value = default;
        var slash = text.IndexOf('/');
        var host = slash < 0 ? text : text[..slash];
        // IPAddress also parses 10.1 and 0x7f000001, so an IPv4 text must equal the address's canonical form.
        if (!IPAddress.TryParse(host, out var address) || host.AsSpan().ContainsAny('%', '[', ']')
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != host))
        {
            return false;
        }

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits))
        {
            return false;
        }

        value = new AddressRange(new IPNetwork(Masked(address, prefix), prefix));
        return true;
    }

    /// <summary>Formats the network.</summary>
    public override string ToString() => Network.ToString();

    // A network is often written with an address in it: 10.1.2.3/8.
    static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(prefix - (8 * i), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
