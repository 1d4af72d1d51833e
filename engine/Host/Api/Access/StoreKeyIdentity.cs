using System.Security.Claims;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Host.Api.Access;

/// <summary>The identity of a request with a valid key.</summary>
sealed class StoreKeyIdentity(StoreKey key) : ClaimsIdentity(
    [new Claim(StoreClaim, key.Store.Id), new Claim(KindClaim, key.Kind == KeyKind.Secret ? SecretKind : PublishableKind)],
    ApiKeyAuthentication.SchemeName)
{
    /// <summary>The claim that names the store.</summary>
    public const string StoreClaim = "store";

    /// <summary>The claim that names the kind of the key.</summary>
    public const string KindClaim = "key_kind";

    /// <summary>A value of <see cref="KindClaim"/>.</summary>
    public const string SecretKind = "secret", PublishableKind = "publishable";

    /// <summary>The actor, for the audit log: the key's id; for a configured key, the store and part of the key's hash.</summary>
    public string ActorName { get; } = key.Id is { } id ? $"key:{id}" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"key:{key.Store.Id}/{key.Tag:x8}");

    /// <summary>The caller, as handlers receive it.</summary>
    public Caller Caller { get; } = new(key);
}
