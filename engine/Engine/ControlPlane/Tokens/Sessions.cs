using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Tokens;

/// <summary>A session's tokens.</summary>
/// <param name="User">The user's id.</param>
/// <param name="Session">The session's id.</param>
/// <param name="RefreshToken">The refresh token. Only its hash is kept.</param>
public sealed record IssuedSession(string User, string Session, string RefreshToken);

/// <summary>The outcomes of a refresh.</summary>
public enum RefreshOutcome
{
    /// <summary>There is a new token.</summary>
    Refreshed,

    /// <summary>The token is unknown or expired, or its session has ended.</summary>
    Refused,

    /// <summary>The token was used before, so somebody copied it: the session has ended.</summary>
    Reused,
}

/// <summary>
/// Sessions: each begins with a sign-in and ends with a sign-out, after <see cref="Life"/>, or when one of its refresh tokens is used twice. A
/// refresh token is opaque and good for one refresh. Any thread.
/// </summary>
/// <param name="database">The database.</param>
public sealed class Sessions(ControlDatabase database)
{
    /// <summary>How long a session lives, and how long it lives unused.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(30), Idle = TimeSpan.FromDays(7);

    /// <summary>Maximum number of a user's sessions. The oldest end first.</summary>
    public const int MaxPerUser = 50;

    // Ended ones are known to all engines for longer than their access tokens are valid.
    static readonly TimeSpan s_remembered = TimeSpan.FromHours(1);

    readonly AuditLog _audit = new(database);

    /// <summary>Begins a session in the caller's transaction.</summary>
    internal async Task<IssuedSession> BeginAsync(ControlSession session, string user)
    {
        var (id, now) = (Guid.CreateVersion7().ToString("n"), database.Time.GetUtcNow());
        await session.RunAsync($"INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ({id}, {user}, {now}, {now + Life})");
        await session.RunAsync($"""
            UPDATE sessions SET ended_at = {now} WHERE user_id = {user} AND ended_at IS NULL AND id NOT IN
                (SELECT id FROM sessions WHERE user_id = {user} AND ended_at IS NULL ORDER BY created_at DESC, id DESC LIMIT {MaxPerUser})
            """);
        await session.MarkChangedAsync(UserStore.Topic);
        return new IssuedSession(user, id, await AddTokenAsync(session, id, now + Life));
    }

    /// <summary>Exchanges a refresh token for the next one.</summary>
    /// <param name="token">The token.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(RefreshOutcome Outcome, IssuedSession? Issued)> RefreshAsync(string token, string? address, CancellationToken cancellation = default)
    {
        var hash = UserStore.HashOfToken(token);

        // Anyone may send a token: an unknown one must not make the writers wait.
        if (await database.ReadAsync(session => FindAsync(session, hash), cancellation) is null)
        {
            return (RefreshOutcome.Refused, null);
        }

        return await database.WriteAsync<(RefreshOutcome, IssuedSession?)>(async session =>
        {
            if (await FindAsync(session, hash) is not { } known)
            {
                return (RefreshOutcome.Refused, null);
            }

            if (known.IsUsed)
            {
                await EndAsync(session, known.Session, new AuditEvent($"user:{known.User}", "session.reuse", $"session:{known.Session}") { Address = address });
                return (RefreshOutcome.Reused, null);
            }

            await session.RunAsync($"UPDATE refresh_tokens SET used_at = {database.Time.GetUtcNow()} WHERE hash = {hash}");
            return (RefreshOutcome.Refreshed, new IssuedSession(known.User, known.Session, await AddTokenAsync(session, known.Session, known.Expires)));
        }, cancellation);
    }

    /// <summary>Ends a session: its tokens are refused at once here, and in half a second by other engines.</summary>
    /// <returns><see langword="false"/> if it is unknown, or has ended.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> EndAsync(string id, AuditEvent entry, CancellationToken cancellation = default) => database.WriteAsync(session => EndAsync(session, id, entry), cancellation);

    /// <summary>Deletes what has expired.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task CleanAsync(CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var now = database.Time.GetUtcNow();
        await session.RunAsync($"DELETE FROM refresh_tokens WHERE expires_at < {now} OR session_id IN (SELECT id FROM sessions WHERE ended_at IS NOT NULL)");
        await session.RunAsync($"DELETE FROM sessions WHERE expires_at < {now - s_remembered} OR ended_at < {now - s_remembered}");
        await session.RunAsync($"DELETE FROM user_links WHERE expires_at < {now}");
    }, cancellation);

    /// <summary>Reads the sessions that have ended and whose access tokens may be valid.</summary>
    internal Task<List<string>> EndedAsync(ControlSession session) => session.ListAsync(
        $"SELECT id FROM sessions WHERE ended_at > {database.Time.GetUtcNow() - s_remembered}", row => row.Text(0));

    Task<KnownToken?> FindAsync(ControlSession session, byte[] hash)
    {
        var now = database.Time.GetUtcNow();
        return session.FirstAsync<KnownToken?>($"""
            SELECT s.id, s.user_id, s.expires_at, CASE WHEN t.used_at IS NULL THEN 0 ELSE 1 END
            FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
            WHERE t.hash = {hash} AND t.expires_at > {now} AND s.expires_at > {now} AND s.ended_at IS NULL AND u.state = {"active"}
            """, row => new KnownToken(row.Text(0), row.Text(1), row.Time(2), row.IsTrue(3)));
    }

    async Task<bool> EndAsync(ControlSession session, string id, AuditEvent entry)
    {
        if (await session.RunAsync($"UPDATE sessions SET ended_at = {database.Time.GetUtcNow()} WHERE id = {id} AND ended_at IS NULL") == 0)
        {
            return false;
        }

        await _audit.AppendAsync(session, entry);
        await session.MarkChangedAsync(UserStore.Topic);
        return true;
    }

    async Task<string> AddTokenAsync(ControlSession session, string id, DateTimeOffset until)
    {
        var (token, idle) = (UserStore.NewToken(), database.Time.GetUtcNow() + Idle);
        await session.RunAsync($"INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ({UserStore.HashOfToken(token)}, {id}, {(idle < until ? idle : until)})");
        return token;
    }

    sealed record KnownToken(string Session, string User, DateTimeOffset Expires, bool IsUsed);
}
