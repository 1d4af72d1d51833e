using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// Verifies JSON Web Tokens of trusted issuers and maps their claims to roles. Stores nothing: such a caller has no account and no session. Thread-safe.
/// </summary>
/// <param name="http">Fetches keys.</param>
/// <param name="time">The clock.</param>
/// <param name="hash">Hashes a subject under a secret key, so that nobody can find an address by hashing candidates.</param>
public sealed class ForeignTokens(FederationHttp http, TimeProvider time, Func<string, byte[]> hash)
{
    // Longer subjects do not fit into the audit log.
    const int MaxSubject = 200;

    readonly VerifiedTokens _verified = new();
    volatile Entry[] _issuers = [];
    long _verifications;

    /// <summary>Whether any issuer is configured.</summary>
    public bool IsConfigured => _issuers.Length > 0;

    /// <summary>Called when an issuer's keys cannot be read, with its name and the cause: once for each cause, until they are read.</summary>
    public Action<string, string>? OnProblem { get; set; }

    /// <summary>Why an issuer's keys cannot be read; <see langword="null"/> if all can, or none were needed yet.</summary>
    public string? Problem => _issuers.Where(entry => entry.Keys.Problem is not null).Select(entry => $"{entry.Issuer.Name}: {entry.Keys.Problem}").FirstOrDefault();

    /// <summary>Number of signature verifications so far. Cached tokens need none.</summary>
    public long Verifications => Interlocked.Read(ref _verifications);

    /// <summary>Replaces the issuers, and reads key files again. An issuer whose key address is unchanged keeps its keys.</summary>
    public void Update(IReadOnlyList<TrustedIssuer> issuers)
    {
        var former = _issuers;
        _issuers = [.. issuers.Select(issuer => new Entry(issuer, former.FirstOrDefault(entry => entry.Issuer.Keys == issuer.Keys)?.Keys ?? SourceOf(issuer.Keys, http, time, problem => OnProblem?.Invoke(issuer.Name, problem))))];
        foreach (var entry in _issuers.Where(entry => entry.Issuer.Keys.IsFile))
        {
            entry.Keys.Refresh();
        }
    }

    /// <summary>Verifies a token and returns its caller.</summary>
    /// <param name="token">The token.</param>
    /// <param name="roles">All roles by name.</param>
    /// <param name="cancellation">Cancels the wait for keys.</param>
    /// <returns>The caller, possibly without a role; or why the token is rejected.</returns>
    public async ValueTask<(SignedInUser? User, string? Problem)> FindAsync(string token, IReadOnlyDictionary<string, Role> roles, CancellationToken cancellation = default)
    {
        if (Jws.Read(token) is not { } jws || Jwt.IssuerOf(jws) is not { } name)
        {
            return (null, "it is malformed");
        }

        if (_issuers.FirstOrDefault(entry => entry.Issuer.Rules.Issuer == name) is not { } known)
        {
            return (null, "its issuer is unknown");
        }

        var (claims, problem) = await VerifyAsync(token, known, cancellation);
        if (claims is null)
        {
            return (null, problem);
        }

        if (JwtRules.OtherKindOf(claims) is { } other)
        {
            return (null, other);
        }

        if (claims.Text("sub") is not { Length: > 0 and <= MaxSubject } subject || subject.Any(char.IsControl))
        {
            return (null, "it names no subject");
        }

        // The audit log names people by id only: an e-mail address is hashed.
        var id = $"{known.Issuer.Name}/{(subject.Contains('@', StringComparison.Ordinal) ? Convert.ToHexStringLower(hash(subject).AsSpan(0, 8)) : subject)}";
        claims.TryTime("iat", out var issued);
        var user = new User(id, claims.Text("email") ?? "", UserState.Active, HasTotp: false, issued ?? time.GetUtcNow(), LastLoginAt: null, known.Issuer.Roles.GrantsOf(claims));
        return (new SignedInUser(user, Session: "", roles) { Actor = $"jwt:{id}" }, null);
    }

    /// <summary>Creates a source of the keys at an address or in a file.</summary>
    internal static KeySetSource SourceOf(Uri keys, FederationHttp http, TimeProvider time, Action<string>? onProblem = null) =>
        new(keys.IsFile ? cancellation => ReadAsync(keys.LocalPath, cancellation) : cancellation => http.GetAsync(keys, cancellation), time) { OnProblem = onProblem };

    async ValueTask<(JwtClaims? Claims, string? Problem)> VerifyAsync(string token, Entry issuer, CancellationToken cancellation)
    {
        var (key, now, rules) = (VerifiedTokens.KeyOf(token), time.GetUtcNow(), issuer.Issuer.Rules);
        var current = issuer.Keys.Current;
        if (current is not null && _verified.Find(key, current) is { } known)
        {
            return rules.ProblemOf(known, now) is { } wrong ? (null, wrong) : (known, null);
        }

        Interlocked.Increment(ref _verifications);
        var (claims, problem) = await Jwt.VerifyAsync(token, issuer.Keys, rules, now, cancellation);

        // If the keys changed meanwhile, the cached claims are never found: they are stored under the former keys.
        if (claims is not null && current is not null)
        {
            _verified.Add(key, claims, current);
        }

        return (claims, problem);
    }

    static async Task<(byte[]? Body, string? Problem)> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return new FileInfo(RegularFile.Check(path)).Length > JsonWebKeySet.MaxSize ? (null, $"{path} is too long") : (await File.ReadAllBytesAsync(path, cancellation), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, e.Message);
        }
    }

    sealed record Entry(TrustedIssuer Issuer, KeySetSource Keys);
}
