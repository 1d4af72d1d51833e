using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>The permissions of a key.</summary>
/// <param name="Store">The key's store.</param>
/// <param name="Kind">For browsers or for servers.</param>
/// <param name="LoopbackOnly">Whether only clients on this machine may use it.</param>
/// <param name="Origins">The web origins whose pages may use it.</param>
public sealed record StoreKey(Store Store, KeyKind Kind, bool LoopbackOnly, IReadOnlyList<AllowedOrigin> Origins)
{
    /// <summary>The key's hash; zeros for the engine's own.</summary>
    public KeyHash Hash { get; init; }

    /// <summary>The id of a key that the control database has; <see langword="null"/> for one of the configuration, and the engine's own.</summary>
    public string? Id { get; init; }

    /// <summary>What it may do; <see langword="null"/> for all that its kind may.</summary>
    public FrozenSet<string>? Scopes { get; init; }

    /// <summary>Maximum number of events a day; 0 for no limit.</summary>
    public long EventsPerDay { get; init; }

    /// <summary>Notes that it is used; <see langword="null"/> if nobody asks.</summary>
    public KeyUsage? Usage { get; init; }

    /// <summary>
    /// A few bits of the key's hash, by which what is kept of it is told from that of the store's other keys, whatever the order in the
    /// configuration; 0 for the engine's own.
    /// </summary>
    public uint Tag => (uint)Hash.D;

    /// <summary>Returns whether its scopes have one.</summary>
    public bool Allows(string scope) => Scopes is null || Scopes.Contains(scope);

    /// <summary>Returns whether another key grants exactly the same, for the same <see cref="Stores.Store"/> object.</summary>
    public bool Grants(StoreKey other) => ReferenceEquals(Store, other.Store) && Kind == other.Kind && LoopbackOnly == other.LoopbackOnly
        && Id == other.Id && EventsPerDay == other.EventsPerDay && Origins.SequenceEqual(other.Origins) && (Scopes is null ? other.Scopes is null : other.Scopes is not null && Scopes.SetEquals(other.Scopes));

    /// <summary>Returns whether a request with this <c>Origin</c> header may use the key.</summary>
    /// <param name="origin">The header; <see langword="null"/>, which is always allowed, if absent: the client is then no browser.</param>
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
