using CartRecovery.Primitives.Unicode;

namespace CartRecovery.Engine.ControlPlane.Stores;

/// <summary>Restricts the links in a store's messages to the shop's hosts.</summary>
public static class ShopLinks
{
    /// <summary>
    /// Returns an address in its canonical form if it is on one of the shop's hosts: by https on its usual port or one that
    /// <c>linkHosts</c> names, or as the cart page is. <see langword="null"/> for any other.
    /// </summary>
    /// <param name="address">An absolute URL; untrusted.</param>
    /// <param name="store">The store.</param>
    public static string? Allowed(string? address, Store store)
    {
        // URL parsers disagree about hosts: match the prefix as text, and reject odd characters.
        if (address is null || address.AsSpan().ContainsAny('\\', '\x7f') || address.AsSpan().ContainsAnyInRange('\0', ' ')
            || !Uri.TryCreate(address, UriKind.Absolute, out var url) || url.UserInfo.Length > 0)
        {
            return null;
        }

        return OriginsOf(store).Any(origin => address.StartsWith(origin, StringComparison.OrdinalIgnoreCase)
            && (address.Length == origin.Length || address[origin.Length] is '/' or '?' or '#')) ? HeaderOf(url) : null;
    }

    /// <summary>Returns a URL in ASCII: the host as IDNA, the rest percent-encoded.</summary>
    public static string HeaderOf(Uri url)
    {
        var text = url.AbsoluteUri;
        var host = HostOf(url);
        return url.HostNameType != UriHostNameType.Dns || url.Host == host
            ? text
            : string.Concat(url.GetComponents(UriComponents.Scheme, UriFormat.UriEscaped), "://", host,
                url.IsDefaultPort ? "" : $":{url.Port}", url.PathAndQuery, url.Fragment);
    }

    /// <summary>Returns whether a URL's host can be one: an address, or the name of a domain.</summary>
    public static bool HasHost(Uri url) =>
        url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || DomainName.ToAscii(url.Host) is not null;

    // Not IdnHost: it takes letters and marks that stand apart for another domain.
    static string HostOf(Uri url) =>
        url.HostNameType == UriHostNameType.Dns ? DomainName.ToAscii(url.Host) ?? url.IdnHost : url.Host;

    static IEnumerable<string> OriginsOf(Store store)
    {
        var hosts = store.LinkHosts.Select(AsciiOf);
        if (store.CartUrl is { } cart)
        {
            yield return cart.IsDefaultPort ? $"{cart.Scheme}://{HostOf(cart)}" : $"{cart.Scheme}://{HostOf(cart)}:{cart.Port}";
            hosts = hosts.Append(HostOf(cart));
        }

        foreach (var host in hosts)
        {
            yield return $"https://{host}";
            yield return $"https://{host}:443";
        }
    }

    static string AsciiOf(string host) =>
        Uri.TryCreate($"https://{host}", UriKind.Absolute, out var url)
            ? host.Replace(url.Host, HostOf(url), StringComparison.OrdinalIgnoreCase) : host;
}
