using System.Net;

namespace CartRecovery.Primitives;

/// <summary>
/// Sends requests to addresses of this machine directly, and all others through a proxy. Proxies of the environment (<c>HTTP_PROXY</c>) would otherwise receive, in clear text, what
/// is sent to <c>http://127.0.0.1</c>. Thread-safe.
/// </summary>
/// <param name="proxy">The proxy.</param>
public sealed class DirectOnLoopback(IWebProxy proxy) : IWebProxy
{
    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => proxy.Credentials;
        set => proxy.Credentials = value;
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : proxy.GetProxy(destination);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => host.IsLoopback || proxy.IsBypassed(host);
}
