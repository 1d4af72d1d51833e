using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>The outcomes of a sign-in through a provider.</summary>
public enum OidcOutcome
{
    /// <summary>A session has begun.</summary>
    SignedIn,

    /// <summary>No account has the e-mail address, or the account is disabled.</summary>
    UnknownUser,

    /// <summary>The provider's claims map to no role.</summary>
    NoRole,

    /// <summary>The e-mail address is missing, or the provider has not verified it.</summary>
    UnverifiedEmail,

    /// <summary>The account is linked to another person at the provider.</summary>
    OtherPerson,

    /// <summary>The person has signed out at the provider since the attempt began.</summary>
    SignedOut,
}

/// <summary>
/// Signs in people whom a provider has authenticated, and ends their sessions when the provider says so. Issuer and subject identify a
/// person. The e-mail address finds the account at the first sign-in only, so changing an address at the provider takes over no other account. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="recorder">Records refusals.</param>
public sealed class OidcSignIns(ControlDatabase database, AuditRecorder recorder)
{
    // Longer than the maximum age of a logout token.
    static readonly TimeSpan s_logoutRetention = TimeSpan.FromMinutes(15);

    readonly UserStore _users = new(database);
    readonly Sessions _sessions = new(database);
    readonly AuditLog _audit = new(database);

    /// <summary>Uses an attempt: it is valid for one answer, whatever the outcome. The audit log has a second use.</summary>
    /// <returns><see langword="false"/> if it was used before.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<bool> TryUseAsync(OidcAttempt attempt, string address, CancellationToken cancellation = default)
    {
        if (await database.WriteAsync(session => UseAsync(session, $"state {attempt.State}", attempt.Expires), cancellation))
        {
            return true;
        }

        await RefuseAsync("replayed", address);
        return false;
    }

    /// <summary>Signs a person in.</summary>
    /// <param name="options">The provider.</param>
    /// <param name="identity">The person whom the provider has authenticated.</param>
    /// <param name="attempt">The attempt, used by <see cref="TryUseAsync"/>.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(OidcOutcome Outcome, IssuedSession? Issued)> SignInAsync(
        OidcOptions options, OidcIdentity identity, OidcAttempt attempt, string address, CancellationToken cancellation = default)
    {
        var (outcome, issued) = await database.WriteAsync(async session =>
        {
            if (await HasSignedOutAsync(session, options, identity, attempt))
            {
                return (OidcOutcome.SignedOut, null);
            }

            var grants = options.Roles is { } roles ? identity.GrantsOf(roles) : null;
            if (grants is { Count: 0 })
            {
                await RevokeAsync(session, options, identity, address);
                return (OidcOutcome.NoRole, null);
            }

            var (refused, user) = await AccountAsync(session, options, identity, grants);
            return user is null ? (refused, null) : (OidcOutcome.SignedIn, (IssuedSession?)await BeginAsync(session, options, identity, user, grants, address));
        }, cancellation);
        if (issued is null)
        {
            await RefuseAsync(NameOf(outcome), address);
        }

        return (outcome, issued);
    }

    /// <summary>Records an answer that was rejected before the person was known.</summary>
    /// <param name="reason">The reason, in a word.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    public Task RefuseAsync(string reason, string address) => recorder.RefuseSignInAsync(
        new AuditEvent(AuditEvent.Anonymous, "user.login_refused", "", Details: $$"""{"by":"oidc","reason":"{{reason}}"}""") { Address = address }, LoginThrottle.NetworkOf(address));

    /// <summary>Ends the sessions that a logout token names. A token is valid once.</summary>
    /// <returns>The number of ended sessions; <see langword="null"/> if the token was used before.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<int?> LogoutAsync(OidcOptions options, OidcLogout logout, string address, CancellationToken cancellation = default) => database.WriteAsync<int?>(async session =>
    {
        var now = database.Time.GetUtcNow();
        if (!await UseAsync(session, $"logout {options.Issuer} {logout.Id}", now + s_logoutRetention))
        {
            return null;
        }

        // A sign-in that is under way must not outlive the sign-out.
        foreach (var mark in MarksOf(options.Issuer, logout))
        {
            await session.RunAsync($"""
                INSERT INTO used_tokens (hash, expires_at) VALUES ({UserStore.HashOfToken(mark)}, {now + OidcAttempt.Life}) ON CONFLICT (hash) DO UPDATE SET expires_at = {now + OidcAttempt.Life}
                """);
        }

        // A token that names a subject and a session ends that session of that subject. A session of the subject whose ID token named none may be it, so it ends as well.
        var sid = logout.Session is { } named ? SessionHashOf(options.Issuer, named) : null;
        var subject = logout.Subject is { } sub ? HashOf(options.Issuer, sub) : null;
        var which = sid is null ? SqlPart.Of($"o.subject = {subject}")
            : subject is null ? SqlPart.Of($"o.sid = {sid}")
            : SqlPart.Of($"o.subject = {subject} AND (o.sid = {sid} OR o.sid IS NULL)");
        var ended = await session.ListAsync($"""
            SELECT s.id, s.user_id FROM oidc_sessions o JOIN sessions s ON s.id = o.session_id WHERE {which} AND s.ended_at IS NULL LIMIT {Sessions.MaxPerUser}
            """, row => (Id: row.Text(0), User: row.Text(1)));
        foreach (var (id, user) in ended)
        {
            await session.RunAsync($"UPDATE sessions SET ended_at = {now} WHERE id = {id}");
            await _audit.AppendAsync(session, new AuditEvent("oidc", "user.logout", $"user:{user}") { Address = address });
        }

        await session.MarkChangedAsync(Sessions.Topic);
        return ended.Count;
    }, cancellation);

    /// <summary>Returns a session's ID token; <see langword="null"/> if the session did not begin at a provider.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<string?> TokenOfAsync(string session, CancellationToken cancellation = default) => database.ReadAsync(reading => reading.FirstAsync<string?>(
        $"SELECT id_token FROM oidc_sessions WHERE session_id = {session}", row => database.Keys.Open(row.Bytes(0), PlaceOf(session))), cancellation);

    // What a sign-out leaves behind for sign-ins that are under way.
    static IEnumerable<string> MarksOf(string issuer, OidcLogout logout)
    {
        if (logout.Session is { } sid)
        {
            yield return SessionMark(issuer, sid);
        }

        if (logout.Subject is { } subject)
        {
            yield return SubjectMark(issuer, subject, isWhole: logout.Session is null);
        }
    }

    static string SessionMark(string issuer, string sid) => $"ended session {issuer}\n{sid}";

    static string SubjectMark(string issuer, string subject, bool isWhole) => $"ended {(isWhole ? "subject" : "subject's session")} {issuer}\n{subject}";

    // An ended session of the provider stays ended. A subject may sign in again: only attempts from before the sign-out are refused.
    static async Task<bool> HasSignedOutAsync(ControlSession session, OidcOptions options, OidcIdentity identity, OidcAttempt attempt) =>
        (identity.Session is { } sid && await EndOfAsync(session, SessionMark(options.Issuer, sid)) is not null)
        || await EndOfAsync(session, SubjectMark(options.Issuer, identity.Subject, isWhole: true)) >= attempt.Expires
        || (identity.Session is null && await EndOfAsync(session, SubjectMark(options.Issuer, identity.Subject, isWhole: false)) >= attempt.Expires);

    static Task<DateTimeOffset?> EndOfAsync(ControlSession session, string mark) =>
        session.FirstAsync($"SELECT expires_at FROM used_tokens WHERE hash = {UserStore.HashOfToken(mark)}", row => row.TimeOrNull(0));

    // The provider gives a person whom it once gave a role none any more: what is left of the former roles must go, not wait for another sign-in.
    async Task RevokeAsync(ControlSession session, OidcOptions options, OidcIdentity identity, string address)
    {
        if (await session.FirstAsync<string?>($"SELECT user_id FROM oidc_identities WHERE subject = {HashOf(options.Issuer, identity.Subject)}", row => row.Text(0)) is not { } user)
        {
            return;
        }

        await _users.ReplaceGrantsAsync(session, user, await KeepLastAdminAsync(session, user, [], address), "oidc", address);
        if (await session.RunAsync($"UPDATE sessions SET ended_at = {database.Time.GetUtcNow()} WHERE user_id = {user} AND ended_at IS NULL") > 0)
        {
            await _audit.AppendAsync(session, new AuditEvent("oidc", "user.logout", $"user:{user}") { Address = address });
            await session.MarkChangedAsync(Sessions.Topic);
        }
    }

    // Finds the account, or creates it.
    async Task<(OidcOutcome Refused, string? User)> AccountAsync(ControlSession session, OidcOptions options, OidcIdentity identity, IReadOnlyList<Grant>? grants)
    {
        var subject = HashOf(options.Issuer, identity.Subject);
        var id = await session.FirstAsync<string?>($"SELECT user_id FROM oidc_identities WHERE subject = {subject}", row => row.Text(0));
        if (id is null)
        {
            if (identity.Email is not { } email || !User.IsEmail(User.Normalize(email)) || (options.NeedsVerifiedEmail && !identity.HasVerifiedEmail))
            {
                return (OidcOutcome.UnverifiedEmail, null);
            }

            id = await _users.IdOfAsync(session, email) ?? (options.CreatesAccounts && grants is { Count: > 0 } ? await _users.AddAsync(session, email, grants, "oidc") : null);

            // The account is linked to a subject: the address may belong to somebody else by now.
            if (id is not null && await session.RunAsync(
                $"INSERT INTO oidc_identities (subject, issuer, user_id) VALUES ({subject}, {options.Issuer}, {id}) ON CONFLICT (issuer, user_id) DO NOTHING") == 0)
            {
                return (OidcOutcome.OtherPerson, null);
            }

            if (id is not null)
            {
                // The account's password is of no use from now on, and neither is a link to set one.
                await UserStore.EndLinksAsync(session, SqlPart.Of($"user_id = {id}"));
            }
        }

        return id is null || await session.NumberAsync($"SELECT COUNT(*) FROM users WHERE id = {id} AND state <> {"disabled"}") == 0 ? (OidcOutcome.UnknownUser, null) : (default, id);
    }

    async Task<IssuedSession> BeginAsync(ControlSession session, OidcOptions options, OidcIdentity identity, string user, IReadOnlyList<Grant>? grants, string address)
    {
        // The provider has verified the address, as following a link in an e-mail would.
        if (await session.RunAsync($"UPDATE users SET state = {"active"} WHERE id = {user} AND state <> {"active"}") == 1)
        {
            // A later reader of the invitation must not set a password.
            await UserStore.EndLinksAsync(session, SqlPart.Of($"user_id = {user}"));
            await session.MarkChangedAsync(UserStore.Topic);
        }

        await session.RunAsync($"UPDATE users SET last_login_at = {database.Time.GetUtcNow()} WHERE id = {user}");
        if (grants is not null)
        {
            await _users.ReplaceGrantsAsync(session, user, await KeepLastAdminAsync(session, user, grants, address), "oidc");
        }

        var issued = await _sessions.BeginAsync(session, user);
        var sid = identity.Session is { } named ? SessionHashOf(options.Issuer, named) : null;
        await session.RunAsync($"""
            INSERT INTO oidc_sessions (session_id, subject, sid, id_token)
            VALUES ({issued.Session}, {HashOf(options.Issuer, identity.Subject)}, {sid}, {database.Keys.Seal(identity.Token, PlaceOf(issued.Session))})
            """);
        await _audit.AppendAsync(session, new AuditEvent($"user:{user}", "user.login", $"user:{user}", Details: """{"by":"oidc"}""") { Address = address });
        return issued;
    }

    // A claim that is missing at the provider must not leave the engine without an administrator, as no other change may.
    async Task<IReadOnlyList<Grant>> KeepLastAdminAsync(ControlSession session, string user, IReadOnlyList<Grant> grants, string address)
    {
        var admin = new Grant(Role.Admin, Store: null);
        if (grants.Contains(admin) || !(await UserGrants.ReadAsync(session, user)).Contains(admin) || await UserStore.AdminsAsync(session) > 1)
        {
            return grants;
        }

        await _audit.AppendAsync(session, new AuditEvent("oidc", "user.last_admin_kept", $"user:{user}") { Address = address });
        return [.. grants, admin];
    }

    // Returns false if the token was used before. The upkeep job deletes expired rows.
    static async Task<bool> UseAsync(ControlSession session, string token, DateTimeOffset until) => await session.RunAsync(
        $"INSERT INTO used_tokens (hash, expires_at) VALUES ({UserStore.HashOfToken(token)}, {until}) ON CONFLICT (hash) DO NOTHING") == 1;

    byte[] HashOf(string issuer, string subject) => database.Keys.Hash("oidc_identities.subject", $"{issuer}\n{subject}");

    byte[] SessionHashOf(string issuer, string sid) => database.Keys.Hash("oidc_sessions.sid", $"{issuer}\n{sid}");

    static string PlaceOf(string session) => $"oidc_sessions.id_token:{session}";

    static string NameOf(OidcOutcome outcome) => outcome switch
    {
        OidcOutcome.UnknownUser => "unknown_user",
        OidcOutcome.NoRole => "no_role",
        OidcOutcome.UnverifiedEmail => "unverified_email",
        OidcOutcome.OtherPerson => "other_person",
        _ => "signed_out",
    };
}
