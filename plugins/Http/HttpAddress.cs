using CartRecovery.Contracts;

namespace CartRecovery.Plugins.Http;

/// <summary>Reads options that hold an address.</summary>
public static class HttpAddress
{
    /// <summary>The option's address: http or https, without a user in it.</summary>
    /// <param name="settings">The sink's settings.</param>
    /// <param name="option">The option's name.</param>
    /// <param name="encrypted">Plain http is for this machine alone, because a secret goes with each request.</param>
    /// <exception cref="SinkConfigurationException">It is no such address.</exception>
    public static Uri Of(SinkSettings settings, string option, bool encrypted = false)
    {
        if (!Uri.TryCreate(settings.Get(option), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new SinkConfigurationException(option, "must be an absolute http or https address");
        if (url.UserInfo.Length > 0)
            throw new SinkConfigurationException(option, "must not hold a user name or password");
        if (encrypted && !IsSafe(url))
            throw new SinkConfigurationException(option, "must be an https address");
        return url;
    }

    /// <summary>Nobody on the way can read what goes there: https, or this machine.</summary>
    public static bool IsSafe(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);
}
