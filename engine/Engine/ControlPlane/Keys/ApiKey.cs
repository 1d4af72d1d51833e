using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>A key in the control database: its hash and permissions. The key itself is not stored.</summary>
/// <param name="Id">The id.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Settings">The name, permissions and expiry.</param>
/// <param name="Hint">The first characters of the key, so that people can tell keys apart.</param>
/// <param name="Hash">The key's hash.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="CreatedBy">The actor who created it, as in the audit log.</param>
public sealed record ApiKey(string Id, string Store, ApiKeySettings Settings, string Hint, KeyHash Hash, DateTimeOffset CreatedAt, string CreatedBy)
{
    /// <summary>When it was last used, to the minute; <see langword="null"/> if never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The id of the key that replaced it in a rotation; <see langword="null"/> for none.</summary>
    public string? ReplacedBy { get; init; }

    /// <summary>Returns whether the key has expired.</summary>
    public bool HasExpired(DateTimeOffset now) => Settings.ExpiresAt <= now;

    /// <summary>Returns the key's permissions in its store.</summary>
    internal StoreKey Bind(Store store, KeyUsage? usage) => new(store, Settings.Kind, Settings.LoopbackOnly, [.. Settings.Origins.Select(origin => new AllowedOrigin(origin))])
    {
        Hash = Hash,
        Id = Id,
        EventsPerDay = Settings.EventsPerDay,
        Scopes = Settings.Scopes?.ToFrozenSet(StringComparer.Ordinal),
        Usage = usage ?? new KeyUsage(),
    };
}
