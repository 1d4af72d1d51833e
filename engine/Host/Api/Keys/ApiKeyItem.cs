using System.Globalization;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Host.Api.Keys;

/// <summary>An API key, without its text.</summary>
/// <param name="Id">The id.</param>
/// <param name="StoreId">The key's store.</param>
/// <param name="Name">A name for people; null for a key of the configuration.</param>
/// <param name="Kind">publishable or secret.</param>
/// <param name="Hint">The first characters of the key; null for a key of the configuration.</param>
/// <param name="Scopes">The scopes; null for all of its kind.</param>
/// <param name="Origins">The origins whose pages may use it.</param>
/// <param name="LoopbackOnly">Whether only clients on the engine's machine may use it.</param>
/// <param name="State">active; replaced, which is valid until `expiresAt`; or expired.</param>
/// <param name="CreatedAt">When it was created; null for a key of the configuration.</param>
/// <param name="CreatedBy">The actor who created it, as in the audit log; null for a key of the configuration.</param>
/// <param name="ExpiresAt">When it expires; null for never.</param>
/// <param name="LastUsedAt">When it was last used, to the minute; null for never, and for a key of the configuration.</param>
/// <param name="ReplacedBy">The id of the key that replaced it in a rotation; null for none.</param>
/// <param name="EventsPerDay">Maximum number of events a day; null for no limit. `GET /v1/usage` tells what is used.</param>
/// <param name="ManagedBy">api; or file, if only the configuration changes it.</param>
sealed record ApiKeyItem(
    string Id, string StoreId, string? Name, string Kind, string? Hint, IReadOnlyList<string>? Scopes, IReadOnlyList<string> Origins, bool LoopbackOnly, string State,
    DateTime? CreatedAt, string? CreatedBy, DateTime? ExpiresAt, DateTime? LastUsedAt, string? ReplacedBy, long? EventsPerDay, string ManagedBy)
{
    /// <summary>The prefix of the id of a configured key.</summary>
    public const string FileId = "file-";

    /// <summary>Describes a key of the control database.</summary>
    public static ApiKeyItem Of(ApiKey key, DateTimeOffset now)
    {
        var settings = key.Settings;
        return new ApiKeyItem(key.Id, key.Store, settings.Name, NameOf(settings.Kind), key.Hint, settings.Scopes, settings.Origins, settings.LoopbackOnly,
            key.HasExpired(now) ? "expired" : key.ReplacedBy is null ? "active" : "replaced", key.CreatedAt.UtcDateTime, key.CreatedBy, settings.ExpiresAt?.UtcDateTime,
            key.LastUsedAt?.UtcDateTime, key.ReplacedBy, QuotaOf(settings.EventsPerDay), "api");
    }

    /// <summary>Describes a configured key.</summary>
    public static ApiKeyItem Of(StoreKey key) => new(IdOf(key.Tag), key.Store.Id, Name: null, NameOf(key.Kind), Hint: null, Scopes: null,
        [.. key.Origins.Select(origin => origin.Pattern)], key.LoopbackOnly, "active", CreatedAt: null, CreatedBy: null, ExpiresAt: null, LastUsedAt: null, ReplacedBy: null, QuotaOf(key.EventsPerDay),
        "file");

    /// <summary>Returns the id of a configured key, derived from its hash.</summary>
    public static string IdOf(uint tag) => string.Create(CultureInfo.InvariantCulture, $"{FileId}{tag:x8}");

    static long? QuotaOf(long events) => events == 0 ? null : events;

    /// <summary>Returns the name of a kind.</summary>
    public static string NameOf(KeyKind kind) => kind == KeyKind.Secret ? "secret" : "publishable";
}
