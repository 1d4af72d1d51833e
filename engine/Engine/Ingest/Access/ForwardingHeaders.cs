using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>Recognises and parses forwarding headers.</summary>
static class ForwardingHeaders
{
    /// <summary>The lists of addresses.</summary>
    public const string For = "X-Forwarded-For", Forwarded = "Forwarded";

    static readonly string[] s_names =
        [Forwarded, "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP"];

    static readonly string[] s_prefixes = ["X-Forwarded-", "X-Original-", "X-ProxyUser-"];

    /// <summary>Returns whether any forwarding header is present.</summary>
    public static bool Any(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (IsOne(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes them.</summary>
    public static void Remove(IHeaderDictionary headers)
    {
        foreach (var name in headers.Keys.Where(IsOne).ToArray())
        {
            headers.Remove(name);
        }
    }

    /// <summary>Returns the client of an element of <see cref="Forwarded"/>: <c>for="[2001:db8::1]:47011";proto=https</c>.</summary>
    /// <returns><see langword="null"/> if it names none.</returns>
    public static string? NodeOf(string element)
    {
        foreach (var pair in element.Split(';'))
        {
            var equals = pair.IndexOf('=');
            if (equals > 0 && pair.AsSpan(0, equals).Trim().Equals("for", StringComparison.OrdinalIgnoreCase))
            {
                var value = pair[(equals + 1)..].Trim();
                return value is ['"', .. var quoted, '"'] ? quoted : value;
            }
        }

        return null;
    }

    /// <summary>Parses an address with or without a port: <c>192.0.2.7:80</c>, <c>[2001:db8::1]:443</c>, <c>2001:db8::1</c>.</summary>
    /// <returns><see langword="null"/> for anything else, such as <c>unknown</c>.</returns>
    public static IPAddress? AddressOf(string node)
    {
        var text = node.AsSpan().Trim();
        if (text is ['[', ..])
        {
            var end = text.IndexOf(']');
            text = end > 0 && (end == text.Length - 1 || text[end + 1] == ':') ? text[1..end] : default;
        }
        else if (text.IndexOf(':') is >= 0 and var colon && text.LastIndexOf(':') == colon)
        {
            text = text[..colon];
        }

        // IPAddress also parses 7 and 0x7f000001, which no proxy writes.
        if (!IPAddress.TryParse(text, out var address) || text.Contains('%')
            || (address.AddressFamily == AddressFamily.InterNetwork && !text.SequenceEqual(address.ToString())))
        {
            return null;
        }

        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    static bool IsOne(string name) =>
        s_names.Contains(name, StringComparer.OrdinalIgnoreCase)
            || s_prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
