using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>The user of a valid access token.</summary>
/// <param name="User">The user.</param>
/// <param name="Session">The session's id.</param>
/// <param name="Roles">All roles by name.</param>
public sealed record SignedInUser(User User, string Session, IReadOnlyDictionary<string, Role> Roles)
{
    /// <summary>The actor in the audit log.</summary>
    public string Actor { get; init; } = $"user:{User.Id}";

    /// <summary>Returns whether the user has a permission.</summary>
    /// <param name="permission">The permission.</param>
    /// <param name="store">The store's id; <see langword="null"/> for anything that belongs to no store, which requires a role for all stores.</param>
    public bool Has(string permission, string? store) => User.Grants.Any(grant =>
        (grant.Store is null || grant.Store == store) && Roles.TryGetValue(grant.Role, out var role) && role.Permissions.Contains(permission));

    /// <summary>Returns the permissions of a role that the user lacks. An unknown role is returned as its own missing permission.</summary>
    /// <param name="grant">The role and its store.</param>
    public IReadOnlyList<string> FindMissing(Grant grant) =>
        Roles.TryGetValue(grant.Role, out var role) ? [.. role.Permissions.Where(permission => !Has(permission, grant.Store))] : [grant.Role];

    /// <summary>Returns whether the user has some role in a store.</summary>
    public bool IsIn(string store) => User.Grants.Any(grant => grant.Store is null || grant.Store == store);
}

/// <summary>
/// Verifies access tokens in memory: caches users, ended sessions and signing keys, and reloads them when they change in the database. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class AccessDirectory(ControlDatabase database)
{
    volatile Content _content = new(new Dictionary<string, User>(), [], Role.BuiltIn);
    volatile HashSet<string> _ended = [];

    /// <summary>All roles by name.</summary>
    public IReadOnlyDictionary<string, Role> Roles => _content.Roles;

    /// <summary>Registers the caches for reloads. A sign-in reloads nothing; the end of a session reloads only the ended sessions.</summary>
    public void Follow()
    {
        database.Changes.Follow(UserStore.Topic, LoadAsync);
        database.Changes.Follow(Sessions.Topic, LoadEndedAsync);
    }

    /// <summary>Returns the user of a token; <see langword="null"/> if the token is invalid or expired, its session has ended, or the user is disabled.</summary>
    public SignedInUser? Find(string token)
    {
        var content = _content;
        return AccessTokens.Verify(token, content.Keys, database.Time.GetUtcNow()) is { } claims && !_ended.Contains(claims.Session)
            && content.Users.TryGetValue(claims.User, out var user) ? new SignedInUser(user, claims.Session, content.Roles) : null;
    }

    /// <summary>Signs an access token for a session.</summary>
    /// <exception cref="InvalidOperationException">There is no signing key: the database was not opened.</exception>
    public async Task<string> IssueAsync(IssuedSession session)
    {
        // The account may be younger than the cache: another process created it within the last poll interval.
        if (!_content.Users.ContainsKey(session.User))
        {
            await database.Changes.RefreshAsync();
        }

        var now = database.Time.GetUtcNow();
        var key = _content.KeyAt(now) ?? throw new InvalidOperationException("There is no signing key.");
        return AccessTokens.Issue(key, new AccessClaims(session.User, session.Session, now + AccessTokens.Life), now);
    }

    /// <summary>Returns a session's CSRF token.</summary>
    public string CsrfTokenOf(string session) => Base64Url.EncodeToString(database.Keys.Hash("csrf", session));

    /// <summary>Returns whether a text is a session's CSRF token, in constant time.</summary>
    public bool IsCsrfToken(string session, string token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(CsrfTokenOf(session)), Encoding.UTF8.GetBytes(token));

    // Reloads ended sessions as well: a change of a user may end sessions.
    async Task LoadAsync(CancellationToken cancellation)
    {
        await LoadEndedAsync(cancellation);
        _content = await database.ReadAsync(ReadAsync, cancellation);
    }

    async Task<Content> ReadAsync(ControlSession session)
    {
        var users = await new UserStore(database).ListAsync(session, SqlPart.Of($"state = {"active"}"));
        var keys = await new SigningKeys(database).ReadAsync(session);
        return new Content(users.ToDictionary(user => user.Id, StringComparer.Ordinal), keys.ToDictionary(key => key.Id, StringComparer.Ordinal),
            await RoleStore.ReadAsync(session));
    }

    async Task LoadEndedAsync(CancellationToken cancellation) =>
        _ended = [.. await database.ReadAsync(session => new Sessions(database).EndedAsync(session), cancellation)];

    sealed record Content(IReadOnlyDictionary<string, User> Users, Dictionary<string, SigningKey> Keys, IReadOnlyDictionary<string, Role> Roles)
    {
        public SigningKey? KeyAt(DateTimeOffset now) => Keys.Values.Where(key => key.From <= now && now < key.Until).MaxBy(key => key.From);
    }
}
