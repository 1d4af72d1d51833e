using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// Caches the claims of verified tokens, so that a client that sends one token many times costs one verification. Holds verified tokens
/// only, so invented ones cannot fill it. Thread-safe.
/// </summary>
/// <remarks>A cached result holds for the keys that verified it. Times are not cached: the caller checks them on each use.</remarks>
sealed class VerifiedTokens
{
    /// <summary>Maximum number of tokens; beyond it, the oldest entry is evicted.</summary>
    public const int Capacity = 1024;

    readonly Lock _gate = new();
    readonly Dictionary<string, (JwtClaims Claims, object Keys)> _tokens = new(StringComparer.Ordinal);
    readonly Queue<string> _order = new();

    /// <summary>Returns the cache key of a token: a hash, which bounds the memory of an entry.</summary>
    public static string KeyOf(string token) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Returns the claims of a cached token; <see langword="null"/> if it was not verified with these keys.</summary>
    /// <param name="key">The token's cache key.</param>
    /// <param name="keys">The issuer's current keys.</param>
    public JwtClaims? Find(string key, object keys)
    {
        lock (_gate)
        {
            return _tokens.TryGetValue(key, out var found) && ReferenceEquals(found.Keys, keys) ? found.Claims : null;
        }
    }

    /// <summary>Adds a verified token.</summary>
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
