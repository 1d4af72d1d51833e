namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>Validates paths of this host that a browser may be redirected to.</summary>
static class LocalPath
{
    const int MaxLength = 1024;

    /// <summary>
    /// Returns whether a browser stays on this host. Rejects <c>//host</c>, <c>/\host</c> and paths with control characters, which browsers
    /// drop: they lead to other hosts.
    /// </summary>
    public static bool IsValid(string path) => path.Length is > 0 and <= MaxLength && path[0] == '/' && (path.Length == 1 || path[1] is not ('/' or '\\'))
        && !path.AsSpan().ContainsAnyExceptInRange('!', '~') && !path.Contains('\\', StringComparison.Ordinal);
}
