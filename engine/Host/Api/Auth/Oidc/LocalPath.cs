namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>Paths on this host, to which a browser may be sent.</summary>
static class LocalPath
{
    const int MaxLength = 1024;

    /// <summary>
    /// Returns whether a browser stays on this host with it: <c>//host</c>, <c>/\host</c> and what has control characters, which browsers leave out,
    /// lead elsewhere.
    /// </summary>
    public static bool IsValid(string path) => path.Length is > 0 and <= MaxLength && path[0] == '/' && (path.Length == 1 || path[1] is not ('/' or '\\'))
        && !path.AsSpan().ContainsAnyExceptInRange('!', '~') && !path.Contains('\\', StringComparison.Ordinal);
}
