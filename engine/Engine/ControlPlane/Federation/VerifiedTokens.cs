using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// Caches the claims of tokens whose signatures were verified, so that a client that sends one token many times costs one verification. Only the issuer's
/// tokens get in. Thread-safe.
/// </summary>
/// <remarks>A verdict is as good as the keys that it was made with, and the claims: the caller checks the times each time.</remarks>
sealed class VerifiedTokens
{
    /// <summary>Maximum number of tokens. Beyond it, the first one is forgotten.</summary>
    public const int Capacity = 1024;

    readonly Lock _gate = new();
    readonly Dictionary<string, (JwtClaims Claims, object Keys)> _tokens = new(StringComparer.Ordinal);
    readonly Queue<string> _order = new();

    /// <summary>Returns what a token is found by: a hash, which bounds the memory.</summary>
    public static string KeyOf(string token) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Returns a token's claims; <see langword="null"/> if it was not verified with these keys.</summary>
    /// <param name="key">The token's key.</param>
    /// <param name="keys">The issuer's keys now.</param>
    public JwtClaims? Find(string key, object keys)
    {
        lock (_gate)
        {
            return _tokens.TryGetValue(key, out var found) && ReferenceEquals(found.Keys, keys) ? found.Claims : null;
        }
    }

    /// <summary>Keeps a token's claims.</summary>
    public void Add(string key, JwtClaims claims, object keys)
    {
        lock (_gate)
        {
            if (_tokens.TryAdd(key, (claims, keys)))
            {
                _order.Enqueue(key);
            }
            else
            {
                _tokens[key] = (claims, keys);
            }

            if (_order.Count > Capacity)
            {
                _tokens.Remove(_order.Dequeue());
            }
        }
    }
}
