using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>Stores users. E-mail addresses are encrypted and found by a keyed hash. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
/// <param name="linked">The accounts without passwords; <see langword="null"/> for none.</param>
public sealed class UserStore(ControlDatabase database, LinkedAccounts? linked = null)
{
    /// <summary>Maximum number of users.</summary>
    public const int MaxUsers = 10_000;

    /// <summary>Maximum number of valid links of a user.</summary>
    public const int MaxLinks = 5;

    /// <summary>Lifetime of an invitation, and of a link to reset a password.</summary>
    public static readonly TimeSpan InvitationAge = TimeSpan.FromDays(7), ResetAge = TimeSpan.FromHours(1);

    static readonly TimeSpan s_minLinkInterval = TimeSpan.FromMinutes(1);

    readonly AuditLog _audit = new(database);

    /// <summary>Adds a user. The returned token sets the password.</summary>
    /// <param name="email">The e-mail address.</param>
    /// <param name="grants">The roles.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="by">The user who invites. Must hold all permissions of the roles. <see langword="null"/> for a command.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The user and the token, of which only a hash is stored.</returns>
    /// <exception cref="ControlRefusalException">A role is unknown, there are too many users, or <paramref name="by"/> lacks a permission.</exception>
    /// <exception cref="ControlDatabaseException"><see cref="ControlDatabaseException.Duplicate"/>: the user exists. Or the database failed.</exception>
    public Task<(User User, string Token)> InviteAsync(
        string email, IReadOnlyList<Grant> grants, string actor, string? address = null, SignedInUser? by = null, CancellationToken cancellation = default)
    {
        var token = NewToken();
        return database.WriteAsync(async session =>
        {
            await UserGrants.EnsureGrantableAsync(session, by, grants);
            var id = await AddAsync(session, email, grants, actor, address);
            await AddLinkAsync(session, id, token, InvitationAge);
            return ((await FindAsync(session, SqlPart.Of($"id = {id}")))!, token);
        }, cancellation);
    }

    /// <summary>
    /// Creates a token to set a new password, and unlinks the account from the identity provider. Using the token ends all sessions of the user; those that began at the
    /// provider end now.
    /// </summary>
    /// <returns>The token; <see langword="null"/> if there is no such user, or the user is disabled.</returns>
    /// <exception cref="ControlRefusalException">The user has a permission that <paramref name="by"/> lacks.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<string?> ResetAsync(string email, string actor, string? address = null, SignedInUser? by = null, CancellationToken cancellation = default)
    {
        var token = NewToken();
        return database.WriteAsync(async session =>
        {
            if (await FindAsync(session, SqlPart.Of($"email_hash = {HashOf(User.Normalize(email))}")) is not { State: not UserState.Disabled } user)
            {
                return null;
            }

            // With an administrator's reset link, anyone with users:write could become an administrator.
            await GrantCheck.EnsureHeldAsync(session, by, user.Grants);
            await EndLinksAsync(session, SqlPart.Of($"user_id = {user.Id}"));
            await LinkedAccounts.UnlinkAsync(session, user.Id, Now);
            await AddLinkAsync(session, user.Id, token, user.State == UserState.Invited ? InvitationAge : ResetAge);
            await _audit.AppendAsync(session, new AuditEvent(actor, "user.reset", $"user:{user.Id}") { Address = address });
            return token;
        }, cancellation);
    }

    /// <summary>
    /// Creates a token for a user who has asked for a new password. Other links stay valid, because anyone may ask. At most one a minute
    /// and <see cref="MaxLinks"/> an hour for a user, from all addresses together.
    /// </summary>
    /// <returns>The token; <see langword="null"/> if there is no active user, the user signs in at the provider alone, or the limit is reached.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<string?> RequestResetAsync(string email, string? address, CancellationToken cancellation = default)
    {
        // Reads first, without the lock of all writers: anyone may ask for an unknown address.
        var condition = SqlPart.Of($"email_hash = {HashOf(User.Normalize(email))} AND {linked?.MayUsePassword ?? SqlPart.Of($"1 = 1")}");
        if (await database.ReadAsync(session => FindAsync(session, condition), cancellation) is not { State: UserState.Active })
        {
            return null;
        }

        var token = NewToken();
        return await database.WriteAsync(async session =>
        {
            if (await FindAsync(session, condition) is not { State: UserState.Active } user)
            {
                return null;
            }

            // Links live for an hour, so the remaining ones are those of the last hour.
            await session.RunAsync($"DELETE FROM user_links WHERE user_id = {user.Id} AND expires_at <= {Now}");
            var (links, newest) = await session.FirstAsync(
                $"SELECT COUNT(*), MAX(expires_at) FROM user_links WHERE user_id = {user.Id}", row => (row.Number(0), row.TimeOrNull(1)));
            if (links >= MaxLinks || newest > Now + ResetAge - s_minLinkInterval)
            {
                return null;
            }

            await AddLinkAsync(session, user.Id, token, ResetAge);
            await _audit.AppendAsync(session, new AuditEvent(AuditEvent.Anonymous, "user.reset_requested", $"user:{user.Id}") { Address = address });
            return token;
        }, cancellation);
    }

    /// <summary>Sets a password with a token, consumes the token, and ends the user's sessions.</summary>
    /// <param name="token">The token.</param>
    /// <param name="passwordHash">The password's hash.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The user; <see langword="null"/> if the token is unknown, used or expired.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<User?> AcceptAsync(string token, string passwordHash, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await OwnerAsync(session, token) is not { State: not UserState.Disabled } user)
        {
            return null;
        }

        await session.RunAsync($"UPDATE users SET password = {passwordHash}, state = {NameOf(UserState.Active)} WHERE id = {user.Id}");
        await EndLinksAsync(session, SqlPart.Of($"user_id = {user.Id}"));
        await session.RunAsync($"UPDATE sessions SET ended_at = {Now} WHERE user_id = {user.Id} AND ended_at IS NULL");
        await _audit.AppendAsync(session, new AuditEvent($"user:{user.Id}", "user.password", $"user:{user.Id}") { Address = address });
        await session.MarkChangedAsync(Topic);
        return user with { State = UserState.Active };
    }, cancellation);

    /// <summary>Returns the user of a token; <see langword="null"/> if it is unknown, used or expired.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<User?> OwnerOfAsync(string token, CancellationToken cancellation = default) => database.ReadAsync(session => OwnerAsync(session, token), cancellation);

    /// <summary>Enables a user; or disables a user and ends the user's sessions and links.</summary>
    /// <inheritdoc cref="ChangeAsync"/>
    public Task<bool> DisableAsync(string id, bool disable, string actor, string? address = null, CancellationToken cancellation = default) =>
        ChangeAsync(id, new UserChange(IsDisabled: disable), actor, address, cancellation: cancellation);

    /// <summary>Replaces a user's roles and ends the user's links.</summary>
    /// <inheritdoc cref="ChangeAsync"/>
    public Task<bool> SetGrantsAsync(string id, IReadOnlyList<Grant> grants, string actor, string? address = null, CancellationToken cancellation = default) =>
        ChangeAsync(id, new UserChange(Grants: grants), actor, address, cancellation: cancellation);

    /// <summary>Applies a change to a user in one transaction. Idempotent.</summary>
    /// <param name="id">The user's id.</param>
    /// <param name="change">The change.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="by">The user who makes the change. Must hold the user's former and new permissions. <see langword="null"/> for a command.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns><see langword="false"/> if there is no such user.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    /// <exception cref="ControlRefusalException">The user is the last administrator, a role is unknown, or <paramref name="by"/> lacks a permission.</exception>
    public Task<bool> ChangeAsync(
        string id, UserChange change, string actor, string? address = null, SignedInUser? by = null, CancellationToken cancellation = default) => KeepAdminAsync(async session =>
    {
        if (await FindAsync(session, SqlPart.Of($"id = {id}")) is not { } user)
        {
            return false;
        }

        await GrantCheck.EnsureHeldAsync(session, by, user.Grants);
        if (change.Grants is { } grants)
        {
            await UserGrants.EnsureGrantableAsync(session, by, grants);
            await ReplaceGrantsAsync(session, id, grants, actor, address);
        }

        if (change.IsDisabled is { } disable && disable != (user.State == UserState.Disabled))
        {
            await SetDisabledAsync(session, id, disable, actor, address);
        }

        if (change.RemovesTotp)
        {
            await RemoveTotpAsync(session, id, actor, address);
        }

        return true;
    }, cancellation);

    /// <summary>Deletes a user with all sessions and links. The audit log keeps the id.</summary>
    /// <returns><see langword="false"/> if there is no such user.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    /// <exception cref="ControlRefusalException">The user is the last administrator, or has a permission that <paramref name="by"/> lacks.</exception>
    public Task<bool> DeleteAsync(string id, string actor, string? address, SignedInUser? by = null, CancellationToken cancellation = default) => KeepAdminAsync(async session =>
    {
        await GrantCheck.EnsureHeldAsync(session, by, await UserGrants.ReadAsync(session, id));
        if (await session.RunAsync($"DELETE FROM users WHERE id = {id}") == 0)
        {
            return false;
        }

        await _audit.AppendAsync(session, new AuditEvent(actor, "user.delete", $"user:{id}") { Address = address });
        await session.MarkChangedAsync(Topic);
        return true;
    }, cancellation);

    /// <summary>Finds a user by id.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<User?> FindByIdAsync(string id, CancellationToken cancellation = default) => database.ReadAsync(session => FindAsync(session, SqlPart.Of($"id = {id}")), cancellation);

    /// <summary>Lists all users, the oldest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<IReadOnlyList<User>> ListAsync(CancellationToken cancellation = default) => database.ReadAsync(session => ListAsync(session, SqlPart.Of($"1 = 1")), cancellation);

    /// <summary>Finds a user by e-mail address.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<User?> FindAsync(string email, CancellationToken cancellation = default) =>
        database.ReadAsync(session => FindAsync(session, SqlPart.Of($"email_hash = {HashOf(User.Normalize(email))}")), cancellation);

    /// <summary>Adds a user without a password in the caller's transaction.</summary>
    /// <returns>The user's id.</returns>
    internal async Task<string> AddAsync(ControlSession session, string email, IReadOnlyList<Grant> grants, string actor, string? address = null)
    {
        if (await session.NumberAsync($"SELECT COUNT(*) FROM users") >= MaxUsers)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyMembers, $"There are {MaxUsers} members. Delete one that does not sign in.");
        }

        var (id, normalized) = (Guid.CreateVersion7().ToString("n"), User.Normalize(email));
        await session.RunAsync($"""
            INSERT INTO users (id, email_hash, email, state, created_at)
            VALUES ({id}, {HashOf(normalized)}, {database.Keys.Seal(normalized, PlaceOf(id))}, {NameOf(UserState.Invited)}, {Now})
            """);
        await UserGrants.ReplaceAsync(session, id, grants);
        await _audit.AppendAsync(session, new AuditEvent(actor, "user.add", $"user:{id}", Details: UserGrants.DetailsOf(grants)) { Address = address });
        await session.MarkChangedAsync(Topic);
        return id;
    }

    /// <summary>Returns the id of the user with an e-mail address.</summary>
    internal Task<string?> IdOfAsync(ControlSession session, string email) =>
        session.FirstAsync<string?>($"SELECT id FROM users WHERE email_hash = {HashOf(User.Normalize(email))}", row => row.Text(0));

    /// <summary>Replaces a user's roles in the caller's transaction. Does nothing if they are the same.</summary>
    internal async Task ReplaceGrantsAsync(ControlSession session, string id, IReadOnlyList<Grant> grants, string actor, string? address = null)
    {
        if ((await UserGrants.ReadAsync(session, id)).ToHashSet().SetEquals(grants))
        {
            return;
        }

        // Ends links that somebody was given while the user had fewer permissions.
        await EndLinksAsync(session, SqlPart.Of($"user_id = {id}"));
        await UserGrants.ReplaceAsync(session, id, grants);
        await _audit.AppendAsync(session, new AuditEvent(actor, "user.roles", $"user:{id}", Details: UserGrants.DetailsOf(grants)) { Address = address });
        await session.MarkChangedAsync(Topic);
    }

    /// <summary>Removes a user's authenticator app and recovery codes in the caller's transaction.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    internal async Task<bool> RemoveTotpAsync(ControlSession session, string id, string actor, string? address)
    {
        if (await session.RunAsync($"UPDATE users SET totp = NULL, totp_step = NULL WHERE id = {id} AND totp IS NOT NULL") == 0)
        {
            return false;
        }

        await session.RunAsync($"DELETE FROM recovery_codes WHERE user_id = {id}");
        await _audit.AppendAsync(session, new AuditEvent(actor, "user.totp_removed", $"user:{id}") { Address = address });
        await session.MarkChangedAsync(Topic);
        return true;
    }

    /// <summary>Deletes links in the caller's transaction.</summary>
    internal static Task EndLinksAsync(ControlSession session, SqlPart condition) => session.RunAsync($"DELETE FROM user_links WHERE {condition}");

    /// <summary>The topic that changes of users, roles and signing keys mark in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "access";

    /// <summary>Returns the lookup hash of a normalized e-mail address.</summary>
    internal byte[] HashOf(string normalized) => database.Keys.Hash("users.email", normalized);

    /// <summary>Creates a random token of 256 bits.</summary>
    internal static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Returns the hash under which a random token is stored.</summary>
    internal static byte[] HashOfToken(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Reads users in a transaction.</summary>
    internal async Task<IReadOnlyList<User>> ListAsync(ControlSession session, SqlPart condition)
    {
        var users = await session.ListAsync(
            $"SELECT id, email, state, CASE WHEN totp IS NULL THEN 0 ELSE 1 END, created_at, last_login_at FROM users WHERE {condition} ORDER BY created_at, id LIMIT {MaxUsers}",
            row => new User(row.Text(0), database.Keys.Open(row.Bytes(1), PlaceOf(row.Text(0))), StateOf(row.Text(2)), row.IsTrue(3), row.Time(4), row.TimeOrNull(5), []));
        var grants = (await session.ListAsync(
            $"SELECT user_id, role, store FROM user_roles WHERE user_id IN (SELECT id FROM users WHERE {condition}) ORDER BY role, store",
            row => (User: row.Text(0), Grant: new Grant(row.Text(1), row.Text(2) is { Length: > 0 } store ? store : null)))).ToLookup(grant => grant.User, grant => grant.Grant);
        return [.. users.Select(user => user with { Grants = [.. grants[user.Id]] })];
    }

    async Task<User?> FindAsync(ControlSession session, SqlPart condition) => (await ListAsync(session, condition)).FirstOrDefault();

    Task<User?> OwnerAsync(ControlSession session, string token) => FindAsync(session,
        SqlPart.Of($"id IN (SELECT user_id FROM user_links WHERE hash = {HashOfToken(token)} AND expires_at > {Now})"));

    Task AddLinkAsync(ControlSession session, string id, string token, TimeSpan age) =>
        session.RunAsync($"INSERT INTO user_links (hash, user_id, expires_at) VALUES ({HashOfToken(token)}, {id}, {Now + age})");

    async Task SetDisabledAsync(ControlSession session, string id, bool disable, string actor, string? address)
    {
        var enabled = await session.NumberAsync($"SELECT COUNT(*) FROM users WHERE id = {id} AND password IS NOT NULL") == 0 ? UserState.Invited : UserState.Active;
        await session.RunAsync($"UPDATE users SET state = {NameOf(disable ? UserState.Disabled : enabled)} WHERE id = {id}");
        await session.RunAsync($"UPDATE sessions SET ended_at = {Now} WHERE user_id = {id} AND ended_at IS NULL");
        await EndLinksAsync(session, SqlPart.Of($"user_id = {id}"));
        await _audit.AppendAsync(session, new AuditEvent(actor, disable ? "user.disable" : "user.enable", $"user:{id}") { Address = address });
        await session.MarkChangedAsync(Topic);
    }

    // Rejects a change that leaves no active administrator. Permits it if there was none before.
    Task<bool> KeepAdminAsync(Func<ControlSession, Task<bool>> change, CancellationToken cancellation) => database.WriteAsync(async session =>
    {
        var before = await AdminsAsync(session);
        var result = await change(session);
        return before == 0 || await AdminsAsync(session) > 0 ? result : throw new ControlRefusalException(ControlRefusalException.LastAdmin,
            "This is the last administrator of all stores who can sign in. Add another one first.");
    }, cancellation);

    internal static async Task<long> AdminsAsync(ControlSession session) => await session.NumberAsync(
        $"SELECT COUNT(*) FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.state = {NameOf(UserState.Active)} AND r.role = {Role.Admin} AND r.store = {""}") ?? 0;

    DateTimeOffset Now => database.Time.GetUtcNow();

    static string PlaceOf(string id) => $"users.email:{id}";

    static string NameOf(UserState state) => state switch
    {
        UserState.Invited => "invited",
        UserState.Active => "active",
        _ => "disabled",
    };

    static UserState StateOf(string name) => name switch
    {
        "invited" => UserState.Invited,
        "active" => UserState.Active,
        _ => UserState.Disabled,
    };
}
