namespace CartRecovery.Engine.ControlPlane;

/// <summary>What a key lets its holder do.</summary>
/// <param name="Store">The shop that it speaks for.</param>
/// <param name="Kind">For browsers or for servers.</param>
/// <param name="LoopbackOnly">It works from this machine alone.</param>
/// <param name="Origins">The web origins whose pages may use it.</param>
public sealed record StoreKey(Store Store, KeyKind Kind, bool LoopbackOnly, IReadOnlyList<AllowedOrigin> Origins)
{
    /// <summary>Whether a request with this <c>Origin</c> header may use the key.</summary>
    /// <param name="origin">The header; <see langword="null"/>, which is always allowed, when there is none: then it is no browser.</param>
    public bool AllowsOrigin(string? origin)
    {
        if (origin is null)
            return true;
        foreach (var allowed in Origins)
        {
            if (allowed.Allows(origin))
                return true;
        }
        return false;
    }
}
