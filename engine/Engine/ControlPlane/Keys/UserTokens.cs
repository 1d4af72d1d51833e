using System.Text;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>
/// Verifies a store's user tokens: JSON Web Tokens (RFC 7519) that the shop's server signs with HMAC-SHA-256 for a signed-in customer.
/// Claims: <c>sub</c>, the customer's id; <c>aud</c>, the store's id; <c>exp</c>. Thread-safe.
/// </summary>
public sealed class UserTokens
{
    /// <summary>Minimum length of a secret, in bytes: the length of the hash (RFC 7518, section 3.2).</summary>
    public const int MinSecretLength = 32;

    const int MaxTokenLength = 2048;

    readonly string _storeId;
    readonly IdHasher _ids;
    readonly JsonWebKey _key;

    /// <param name="storeId">The store's id.</param>
    /// <param name="ids">Derives the customers' keys.</param>
    /// <param name="secret">The secret; at least <see cref="MinSecretLength"/> bytes of UTF-8.</param>
    public UserTokens(string storeId, IdHasher ids, string secret)
    {
        (_storeId, _ids) = (storeId, ids);
        _key = JsonWebKey.OfSecret(Encoding.UTF8.GetBytes(secret));
    }

    /// <summary>Verifies a token and returns its customer; <see langword="null"/> if it is altered, expired, or another store's.</summary>
    /// <param name="token">The token.</param>
    /// <param name="now">The current time.</param>
    public ProvenUser? Read(string token, DateTimeOffset now)
    {
        if (token.Length > MaxTokenLength || Jws.Read(token) is not { IsCanonical: true } jws || !jws.IsSignedBy(_key) || JwtClaims.Read(jws.Payload) is not { } claims)
        {
            return null;
        }

        var isTimely = claims.TryTime("exp", out var expires) && expires > now && claims.TryTime("nbf", out var begins) && !(begins > now + JwtRules.Leeway);
        return isTimely && claims.Texts("aud").Contains(_storeId, StringComparer.Ordinal) && claims.Text("sub") is { Length: > 0 } user
            && Encoding.UTF8.GetByteCount(user) <= EventSlab.MaxSentIdLength
                ? new ProvenUser(_ids.CustomerOf(Encoding.UTF8.GetBytes(user)), expires!.Value.ToUnixTimeMilliseconds())
                : null;
    }
}
