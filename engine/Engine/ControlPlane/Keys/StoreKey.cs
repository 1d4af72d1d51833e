using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>A valid key: its store and its permissions.</summary>
/// <param name="Store">The key's store.</param>
/// <param name="Kind">For browsers or for servers.</param>
/// <param name="LoopbackOnly">Whether only clients on this machine may use it.</param>
/// <param name="Origins">The web origins whose pages may use it.</param>
public sealed record StoreKey(Store Store, KeyKind Kind, bool LoopbackOnly, IReadOnlyList<AllowedOrigin> Origins)
{
    /// <summary>The key's hash; zeros for the engine's internal key.</summary>
    public KeyHash Hash { get; init; }

    /// <summary>The id of a key of the control database; <see langword="null"/> for a configured key and the engine's internal key.</summary>
    public string? Id { get; init; }

    /// <summary>The scopes; <see langword="null"/> for all of its kind.</summary>
    public FrozenSet<string>? Scopes { get; init; }

    /// <summary>Maximum number of events a day; 0 for no limit.</summary>
    public long EventsPerDay { get; init; }

    /// <summary>Records the key's use; <see langword="null"/> if its use is not recorded.</summary>
    public KeyUsage? Usage { get; init; }

    /// <summary>
    /// 32 bits of the key's hash, which tell its stored data from that of the store's other keys, independent of their order in the
    /// configuration; 0 for the engine's internal key.
    /// </summary>
    public uint Tag => (uint)Hash.D;

    /// <summary>Returns whether the key has a scope.</summary>
    public bool Allows(string scope) => Scopes is null || Scopes.Contains(scope);

    /// <summary>Returns whether another key has the same permissions for the same <see cref="Stores.Store"/> object.</summary>
    public bool Grants(StoreKey other) => ReferenceEquals(Store, other.Store) && Kind == other.Kind && LoopbackOnly == other.LoopbackOnly
        && Id == other.Id && EventsPerDay == other.EventsPerDay && Origins.SequenceEqual(other.Origins) && (Scopes is null ? other.Scopes is null : other.Scopes is not null && Scopes.SetEquals(other.Scopes));

    /// <summary>Returns whether a request with this <c>Origin</c> header may use the key.</summary>
    /// <param name="origin">The header; <see langword="null"/> if absent, which is allowed: the client is not a browser.</param>
    public bool AllowsOrigin(string? origin)
    {
        if (origin is null)
        {
            return true;
        }

        foreach (var allowed in Origins)
        {
            if (allowed.Allows(origin))
            {
                return true;
            }
        }
        return false;
    }
}
