using System.Text;
using CartRecovery.Engine.Events;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>
/// Verifies a store's user tokens: JSON Web Tokens (RFC 7519) that the shop's server signs with HMAC-SHA-256 for a signed-in customer.
/// Claims: <c>sub</c>, the customer's id; <c>aud</c>, the store's id; <c>exp</c>. Thread-safe.
/// </summary>
public sealed class UserTokens
{
    /// <summary>Minimum length of a secret, in bytes: that of the hash (RFC 7518, section 3.2).</summary>
    public const int MinSecretLength = 32;

    const int MaxTokenLength = 2048;

    static readonly JsonWebTokenHandler s_handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxTokenLength };

    readonly string _storeId;
    readonly IdHasher _ids;
    readonly SymmetricSecurityKey _key;

    /// <param name="storeId">The store's id.</param>
    /// <param name="ids">Derives the customers' keys.</param>
    /// <param name="secret">The secret; at least <see cref="MinSecretLength"/> bytes of UTF-8.</param>
    public UserTokens(string storeId, IdHasher ids, string secret)
    {
        (_storeId, _ids) = (storeId, ids);
        _key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret));
    }

    /// <summary>Returns the customer that a token proves; <see langword="null"/> if it is altered, expired, or another store's.</summary>
    /// <param name="token">The token.</param>
    /// <param name="now">The current time.</param>
    public async ValueTask<ProvenUser?> ReadAsync(string token, DateTimeOffset now)
    {
        if (token.Length > MaxTokenLength)
        {
            return null;
        }

        var result = await s_handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = _key,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            ValidAudience = _storeId,
            ValidateIssuer = false,
            RequireExpirationTime = true,
            LifetimeValidator = (notBefore, expires, _, _) => expires > now.UtcDateTime && !(notBefore > now.UtcDateTime.AddMinutes(1)),
        });
        return result is { IsValid: true, SecurityToken: JsonWebToken { Subject: { Length: > 0 } user } jwt }
            && Encoding.UTF8.GetByteCount(user) <= EventSlab.MaxSentIdLength
                ? new ProvenUser(_ids.CustomerOf(Encoding.UTF8.GetBytes(user)), new DateTimeOffset(jwt.ValidTo).ToUnixTimeMilliseconds())
                : null;
    }
}
