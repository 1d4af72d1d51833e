using System.Security.Cryptography;
using System.Text;
using Geralt;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>
/// Hashes and verifies passwords with Argon2id and the parameters that OWASP recommends. A computation takes 19 MB and about 30 ms of a
/// core, so concurrent and queued computations are limited. Thread-safe.
/// </summary>
public sealed class Passwords : IDisposable
{
    /// <summary>Minimum and maximum length of a password, in characters.</summary>
    public const int MinLength = 12, MaxLength = 256;

    /// <summary>Memory of a computation, in bytes.</summary>
    public const int MemorySize = 19 << 20;

    /// <summary>Maximum number of queued computations.</summary>
    public const int MaxWaiting = 64;

    // One of the parameter sets that OWASP lists as equally strong: 19 MiB, 2 iterations, 1 lane.
    const int Iterations = 2;

    // libsodium's crypto_pwhash_STRBYTES.
    const int MaxHash = 128;

    // A hash that matches no password: verifying it makes an unknown account take as long as a known one.
    static readonly Lazy<string> s_dummyHash = new(() => Compute(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), Iterations, MemorySize));

    readonly SemaphoreSlim _running = new(Concurrency, Concurrency);
    int _waiting;

    /// <summary>Maximum number of concurrent computations: a quarter of the cores, at least one. The other cores are for events.</summary>
    public static int Concurrency { get; } = Math.Max(1, Environment.ProcessorCount / 4);

    /// <summary>Validates a new password. Returns the problem; <see langword="null"/> if it is valid.</summary>
    /// <param name="password">The password.</param>
    /// <param name="email">The user's e-mail address. The password must not contain it.</param>
    public static string? ProblemOf(string password, string email) => password.Length < MinLength ? $"the password must have at least {MinLength} characters"
        : password.Length > MaxLength ? $"the password must have at most {MaxLength} characters"
        : password.Distinct().Count() < 5 || email.Contains(password, StringComparison.OrdinalIgnoreCase) || password.Contains(email, StringComparison.OrdinalIgnoreCase)
            ? "the password is easy to guess; choose another one" : null;

    /// <summary>Computes the hash of a password, in PHC string format.</summary>
    /// <exception cref="OverloadedException">The queue is full.</exception>
    public Task<string> HashAsync(string password, CancellationToken cancellation = default) => RunAsync(() => Compute(password, Iterations, MemorySize), cancellation);

    /// <summary>Verifies a password.</summary>
    /// <param name="password">The password.</param>
    /// <param name="hash">Its hash; <see langword="null"/> for an unknown user, which takes the same time.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="OverloadedException">The queue is full.</exception>
    public Task<bool> VerifyAsync(string password, string? hash, CancellationToken cancellation = default) => RunAsync(
        () => password.Length <= MaxLength && Argon2id.VerifyHash(hash ?? s_dummyHash.Value, Encoding.UTF8.GetBytes(password)) && hash is not null, cancellation);

    /// <summary>Returns whether a hash was computed with outdated parameters.</summary>
    public static bool NeedsRehash(string hash) => Argon2id.NeedsRehash(hash, Iterations, MemorySize);

    /// <summary>Computes a hash with the given parameters.</summary>
    internal static string Compute(string password, int iterations, int memorySize)
    {
        Span<char> hash = stackalloc char[MaxHash];
        Argon2id.ComputeHash(hash, Encoding.UTF8.GetBytes(password), iterations, memorySize);
        return hash.TrimEnd('\0').ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _running.Dispose();

    async Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new OverloadedException();
        }

        try
        {
            await _running.WaitAsync(cancellation);
            try
            {
                return await Task.Run(compute, cancellation);
            }
            finally
            {
                _running.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

/// <summary>Thrown if the queue of <see cref="Passwords"/> is full.</summary>
public sealed class OverloadedException() : Exception("Too many passwords wait to be verified.");
