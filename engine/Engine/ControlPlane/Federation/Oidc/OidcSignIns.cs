using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>The outcomes of a sign-in by a provider.</summary>
public enum OidcOutcome
{
    /// <summary>There is a session.</summary>
    SignedIn,

    /// <summary>There is no account with the e-mail address, or it is disabled.</summary>
    UnknownUser,

    /// <summary>The provider gives the person no role.</summary>
    NoRole,

    /// <summary>The provider has not verified the e-mail address, or says none.</summary>
    UnverifiedEmail,

    /// <summary>The account belongs to another person at the provider.</summary>
    OtherPerson,

    /// <summary>The browser has brought the same answer before.</summary>
    Replayed,
}

/// <summary>
/// Signs people in whom a provider vouches for, and ends their sessions when it says so. A person is known by issuer and subject; the e-mail address finds
/// the account at the first sign-in only, so that a later change of the address at the provider takes over nobody else's account. Any thread.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="recorder">Records refusals.</param>
public sealed class OidcSignIns(ControlDatabase database, AuditRecorder recorder)
{
    // Longer than a logout token is taken.
    static readonly TimeSpan s_logoutMemory = TimeSpan.FromMinutes(15);

    readonly UserStore _users = new(database);
    readonly Sessions _sessions = new(database);
    readonly AuditLog _audit = new(database);

    /// <summary>Signs a person in.</summary>
    /// <param name="options">The provider.</param>
    /// <param name="identity">Who the provider says it is.</param>
    /// <param name="attempt">The attempt, which is good once.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(OidcOutcome Outcome, IssuedSession? Issued)> SignInAsync(
        OidcOptions options, OidcIdentity identity, OidcAttempt attempt, string address, CancellationToken cancellation = default)
    {
        var (outcome, issued) = await database.WriteAsync(async session =>
        {
            if (!await UseAsync(session, $"state {attempt.State}", attempt.Expires))
            {
                return (OidcOutcome.Replayed, null);
            }

            var grants = options.Roles?.GrantsOf(identity.Claims);
            var (refused, user) = grants is { Count: 0 } ? (OidcOutcome.NoRole, null) : await AccountAsync(session, options, identity, grants);
            return user is null ? (refused, null) : (OidcOutcome.SignedIn, (IssuedSession?)await BeginAsync(session, options, identity, user, grants, address));
        }, cancellation);
        if (issued is null)
        {
            await RefuseAsync(NameOf(outcome), address);
        }

        return (outcome, issued);
    }

    /// <summary>Records an answer that was refused before anybody was known.</summary>
    /// <param name="reason">Why, in a word.</param>
    /// <param name="address">Where the request comes from.</param>
    public Task RefuseAsync(string reason, string address) => recorder.RefuseSignInAsync(
        new AuditEvent(AuditEvent.Anonymous, "user.login_refused", "", Details: $$"""{"by":"oidc","reason":"{{reason}}"}""") { Address = address }, LoginThrottle.NetworkOf(address));

    /// <summary>Ends the sessions that a logout token names. A token is good once.</summary>
    /// <returns>The number of sessions; <see langword="null"/> if the token was used before.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<int?> LogoutAsync(OidcOptions options, OidcLogout logout, string address, CancellationToken cancellation = default) => database.WriteAsync<int?>(async session =>
    {
        var now = database.Time.GetUtcNow();
        if (!await UseAsync(session, $"logout {options.Issuer} {logout.Id}", now + s_logoutMemory))
        {
            return null;
        }

        // A token with both ends that session of that subject.
        var subject = logout.Subject is { } sub ? SqlPart.Of($"o.subject = {HashOf(options.Issuer, sub)}") : SqlPart.Of($"1 = 1");
        var sid = logout.Session is { } named ? SqlPart.Of($"o.sid = {SessionHashOf(options.Issuer, named)}") : SqlPart.Of($"1 = 1");
        var ended = await session.ListAsync($"""
            SELECT s.id, s.user_id FROM oidc_sessions o JOIN sessions s ON s.id = o.session_id WHERE {subject} AND {sid} AND s.ended_at IS NULL LIMIT {Sessions.MaxPerUser}
            """, row => (Id: row.Text(0), User: row.Text(1)));
        foreach (var (id, user) in ended)
        {
            await session.RunAsync($"UPDATE sessions SET ended_at = {now} WHERE id = {id}");
            await _audit.AppendAsync(session, new AuditEvent("oidc", "user.logout", $"user:{user}") { Address = address });
        }

        await session.MarkChangedAsync(Sessions.Topic);
        return ended.Count;
    }, cancellation);

    /// <summary>Returns a session's ID token; <see langword="null"/> if it began without a provider.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<string?> TokenOfAsync(string session, CancellationToken cancellation = default) => database.ReadAsync(reading => reading.FirstAsync<string?>(
        $"SELECT id_token FROM oidc_sessions WHERE session_id = {session}", row => database.Keys.Open(row.Bytes(0), PlaceOf(session))), cancellation);

    // Finds the account, or makes it.
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

            id = await _users.IdOfAsync(session, email) ?? (options.CreatesAccounts ? await _users.AddAsync(session, email, grants ?? [], "oidc") : null);

            // Whoever has the address now need not be the person who had it when the account was linked.
            if (id is not null && await session.RunAsync(
                $"INSERT INTO oidc_identities (subject, issuer, user_id) VALUES ({subject}, {options.Issuer}, {id}) ON CONFLICT (issuer, user_id) DO NOTHING") == 0)
            {
                return (OidcOutcome.OtherPerson, null);
            }
        }

        return id is null || await session.NumberAsync($"SELECT COUNT(*) FROM users WHERE id = {id} AND state <> {"disabled"}") == 0 ? (OidcOutcome.UnknownUser, null) : (default, id);
    }

    async Task<IssuedSession> BeginAsync(ControlSession session, OidcOptions options, OidcIdentity identity, string user, IReadOnlyList<Grant>? grants, string address)
    {
        // The provider has shown whose address it is, as a link by e-mail would.
        if (await session.RunAsync($"UPDATE users SET state = {"active"} WHERE id = {user} AND state <> {"active"}") == 1)
        {
            // Whoever finds the invitation later would set a password.
            await UserStore.EndLinksAsync(session, SqlPart.Of($"user_id = {user}"));
            await session.MarkChangedAsync(UserStore.Topic);
        }

        await session.RunAsync($"UPDATE users SET last_login_at = {database.Time.GetUtcNow()} WHERE id = {user}");
        if (grants is not null)
        {
            await _users.ReplaceGrantsAsync(session, user, grants, "oidc");
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

    // Returns whether it is the first time. The job upkeep deletes expired ones.
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
        _ => "replayed",
    };
}
