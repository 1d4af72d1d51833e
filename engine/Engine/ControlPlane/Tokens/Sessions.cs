using System.Buffers.Text;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Tokens;

/// <summary>A session's tokens.</summary>
/// <param name="User">The user's id.</param>
/// <param name="Session">The session's id.</param>
/// <param name="RefreshToken">The refresh token. Only its hash is stored.</param>
public sealed record IssuedSession(string User, string Session, string RefreshToken);

/// <summary>The outcomes of a refresh.</summary>
public enum RefreshOutcome
{
    /// <summary>The token was exchanged for its successor.</summary>
    Refreshed,

    /// <summary>The token is unknown or expired, or its session has ended.</summary>
    Refused,

    /// <summary>The token was used before, longer than <see cref="Sessions.ReuseInterval"/> ago: the session has ended.</summary>
    Reused,
}

/// <summary>
/// Stores sessions and rotates their refresh tokens. A session begins with a sign-in and ends with a sign-out, after <see cref="Life"/>, or when a refresh token
/// is reused. A refresh token is opaque and is exchanged for its successor. Within <see cref="ReuseInterval"/> it may be presented again, as two tabs of a browser
/// do, and is exchanged for the same successor. Presented later, it was copied: the session ends. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class Sessions(ControlDatabase database)
{
    /// <summary>Maximum duration of a session, and maximum time between two of its refreshes.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(30), Idle = TimeSpan.FromDays(7);

    /// <summary>How long a refresh token may be presented again after its first use.</summary>
    public static readonly TimeSpan ReuseInterval = TimeSpan.FromSeconds(10);

    /// <summary>Maximum number of sessions of a user. The oldest end first.</summary>
    public const int MaxPerUser = 50;

    /// <summary>Maximum number of kept used refresh tokens of a session. The oldest are deleted first, and their reuse is no longer detected.</summary>
    public const int MaxUsedTokens = 1000;

    /// <summary>The topic that ended sessions mark in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "sessions";

    // Maximum number of successors to follow, if several are used within the interval.
    const int MaxSuccessors = 8;

    // Rows deleted in one transaction.
    const int CleanBatch = 5000;

    // Ended sessions are kept longer than their access tokens are valid: all engines must reject those.
    static readonly TimeSpan s_endedRetention = TimeSpan.FromHours(1);

    readonly AuditLog _audit = new(database);

    /// <summary>Begins a session in the caller's transaction.</summary>
    internal async Task<IssuedSession> BeginAsync(ControlSession session, string user)
    {
        var (id, now) = (Guid.CreateVersion7().ToString("n"), database.Time.GetUtcNow());
        await session.RunAsync($"INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ({id}, {user}, {now}, {now + Life})");
        var ended = await session.RunAsync($"""
            UPDATE sessions SET ended_at = {now} WHERE user_id = {user} AND ended_at IS NULL AND id NOT IN
                (SELECT id FROM sessions WHERE user_id = {user} AND ended_at IS NULL ORDER BY created_at DESC, id DESC LIMIT {MaxPerUser})
            """);
        if (ended > 0)
        {
            await session.MarkChangedAsync(Topic);
        }

        return new IssuedSession(user, id, await AddTokenAsync(session, id, now + Life, UserStore.NewToken()));
    }

    /// <summary>Exchanges a refresh token for the next one.</summary>
    /// <param name="token">The refresh token.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(RefreshOutcome Outcome, IssuedSession? Issued)> RefreshAsync(string token, string? address, CancellationToken cancellation = default)
    {
        var hash = UserStore.HashOfToken(token);

        // Anyone may send a token: reject an unknown one without taking the lock of all writers.
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

            if (known.UsedAt is null)
            {
                await session.RunAsync($"UPDATE refresh_tokens SET used_at = {database.Time.GetUtcNow()} WHERE hash = {hash}");
                await DeleteOldUsedAsync(session, known.Session);
                return (RefreshOutcome.Refreshed, new IssuedSession(known.User, known.Session, await AddTokenAsync(session, known.Session, known.Expires, SuccessorOf(token))));
            }

            if (await FindSuccessorAsync(session, token, known) is { } successor)
            {
                return (RefreshOutcome.Refreshed, new IssuedSession(known.User, known.Session, successor));
            }

            await EndAsync(session, known.Session, new AuditEvent($"user:{known.User}", "session.reuse", $"session:{known.Session}") { Address = address });
            return (RefreshOutcome.Reused, null);
        }, cancellation);
    }

    /// <summary>Ends a session. Its access tokens are refused at once by this engine, and within <see cref="ControlChanges.Interval"/> by others.</summary>
    /// <returns><see langword="false"/> if the session is unknown or has ended.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> EndAsync(string id, AuditEvent entry, CancellationToken cancellation = default) => database.WriteAsync(session => EndAsync(session, id, entry), cancellation);

    /// <summary>Finds the session of a refresh token, used or not; returns <see langword="null"/> if there is none, or it has ended.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(string User, string Session)?> FindAsync(string token, CancellationToken cancellation = default) =>
        await database.ReadAsync(session => FindAsync(session, UserStore.HashOfToken(token)), cancellation) is { } known ? (known.User, known.Session) : null;

    /// <summary>Deletes expired sessions and tokens, in small transactions.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task CleanAsync(CancellationToken cancellation = default)
    {
        while (await database.WriteAsync(DeleteExpiredAsync, cancellation))
        {
        }
    }

    /// <summary>Reads the ended sessions whose access tokens may still be valid.</summary>
    internal Task<List<string>> EndedAsync(ControlSession session) => session.ListAsync(
        $"SELECT id FROM sessions WHERE ended_at > {database.Time.GetUtcNow() - s_endedRetention}", row => row.Text(0));

    // Returns whether there may be more.
    async Task<bool> DeleteExpiredAsync(ControlSession session)
    {
        var now = database.Time.GetUtcNow();
        var tokens = await session.RunAsync($"""
            DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens
                WHERE expires_at < {now} OR session_id IN (SELECT id FROM sessions WHERE ended_at IS NOT NULL) LIMIT {CleanBatch})
            """);
        var sessions = await session.RunAsync($"""
            DELETE FROM sessions WHERE id IN (SELECT s.id FROM sessions s WHERE (s.expires_at < {now - s_endedRetention} OR s.ended_at < {now - s_endedRetention})
                AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.session_id = s.id) LIMIT {CleanBatch})
            """);
        var links = await session.RunAsync($"DELETE FROM user_links WHERE hash IN (SELECT hash FROM user_links WHERE expires_at < {now} LIMIT {CleanBatch})");
        var used = await session.RunAsync($"DELETE FROM used_tokens WHERE hash IN (SELECT hash FROM used_tokens WHERE expires_at < {now} LIMIT {CleanBatch})");
        return tokens == CleanBatch || sessions == CleanBatch || links == CleanBatch || used == CleanBatch;
    }

    // Derived, not random: the same token gives the same successor. A copy used within the interval is detected at the next refresh.
    string SuccessorOf(string token) => Base64Url.EncodeToString(database.Keys.Hash("refresh_tokens", token));

    // Returns the first unused successor of a token; null if the interval is over.
    async Task<string?> FindSuccessorAsync(ControlSession session, string token, KnownToken known)
    {
        var since = database.Time.GetUtcNow() - ReuseInterval;
        for (var i = 0; i < MaxSuccessors && known.UsedAt > since; i++)
        {
            token = SuccessorOf(token);
            if (await FindAsync(session, UserStore.HashOfToken(token)) is not { } next)
            {
                return null;
            }

            if (next.UsedAt is null)
            {
                return token;
            }

            known = next;
        }

        return null;
    }

    Task DeleteOldUsedAsync(ControlSession session, string id) => session.RunAsync($"""
        DELETE FROM refresh_tokens WHERE hash IN
            (SELECT hash FROM refresh_tokens WHERE session_id = {id} AND used_at IS NOT NULL ORDER BY used_at DESC LIMIT {CleanBatch} OFFSET {MaxUsedTokens})
        """);

    Task<KnownToken?> FindAsync(ControlSession session, byte[] hash)
    {
        var now = database.Time.GetUtcNow();
        return session.FirstAsync<KnownToken?>($"""
            SELECT s.id, s.user_id, s.expires_at, t.used_at
            FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
            WHERE t.hash = {hash} AND t.expires_at > {now} AND s.expires_at > {now} AND s.ended_at IS NULL AND u.state = {"active"}
            """, row => new KnownToken(row.Text(0), row.Text(1), row.Time(2), row.TimeOrNull(3)));
    }

    async Task<bool> EndAsync(ControlSession session, string id, AuditEvent entry)
    {
        if (await session.RunAsync($"UPDATE sessions SET ended_at = {database.Time.GetUtcNow()} WHERE id = {id} AND ended_at IS NULL") == 0)
        {
            return false;
        }

        await _audit.AppendAsync(session, entry);
        await session.MarkChangedAsync(Topic);
        return true;
    }

    async Task<string> AddTokenAsync(ControlSession session, string id, DateTimeOffset until, string token)
    {
        var idle = database.Time.GetUtcNow() + Idle;
        await session.RunAsync($"INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ({UserStore.HashOfToken(token)}, {id}, {(idle < until ? idle : until)})");
        return token;
    }

    sealed record KnownToken(string Session, string User, DateTimeOffset Expires, DateTimeOffset? UsedAt);
}
