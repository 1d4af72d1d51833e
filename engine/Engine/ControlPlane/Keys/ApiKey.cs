using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>A key that the control database has: its hash, and what it may do. Nothing tells the key itself.</summary>
/// <param name="Id">The id.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Settings">What it may do.</param>
/// <param name="Hint">The key's beginning, by which people tell it from others.</param>
/// <param name="Hash">The key's hash.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it, as the audit log names actors.</param>
public sealed record ApiKey(string Id, string Store, ApiKeySettings Settings, string Hint, KeyHash Hash, DateTimeOffset CreatedAt, string CreatedBy)
{
    /// <summary>When it was last known to be used, to the minute; <see langword="null"/> for never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The key that a rotation replaced it by; <see langword="null"/> for none.</summary>
    public string? ReplacedBy { get; init; }

    /// <summary>Returns whether it is past its end.</summary>
    public bool HasExpired(DateTimeOffset now) => Settings.ExpiresAt <= now;

    /// <summary>Returns what it grants in its store.</summary>
    internal StoreKey Bind(Store store, KeyUsage? usage) => new(store, Settings.Kind, Settings.LoopbackOnly, [.. Settings.Origins.Select(origin => new AllowedOrigin(origin))])
    {
        Hash = Hash,
        Id = Id,
        Scopes = Settings.Scopes?.ToFrozenSet(StringComparer.Ordinal),
        Usage = usage ?? new KeyUsage(),
    };
}
