using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>The outcomes of an attempt to sign in.</summary>
public enum LoginOutcome
{
    /// <summary>A session has begun.</summary>
    SignedIn,

    /// <summary>The e-mail address, the password or the code is wrong.</summary>
    Refused,

    /// <summary>The password is right; a code is required as well.</summary>
    CodeRequired,

    /// <summary>Too many failed attempts; <see cref="LoginResult.Wait"/> is the time until a retry.</summary>
    Throttled,
}

/// <summary>The result of an attempt to sign in.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Issued">The session's tokens; <see langword="null"/> unless signed in.</param>
/// <param name="Wait">The time until a retry, if throttled.</param>
public readonly record struct LoginResult(LoginOutcome Outcome, IssuedSession? Issued = null, TimeSpan Wait = default);

/// <summary>
/// Signs users in by password and, if an authenticator app is set up, by a code of the app or a recovery code. An unknown account takes the
/// same time and gets the same answer as a wrong password. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="passwords">Verifies passwords.</param>
/// <param name="recorder">Records refusals.</param>
/// <param name="linked">The accounts without passwords; <see langword="null"/> for none.</param>
public sealed class Logins(ControlDatabase database, Passwords passwords, AuditRecorder recorder, LinkedAccounts? linked = null)
{
    /// <summary>Number of recovery codes.</summary>
    public const int RecoveryCodes = 10;

    readonly UserStore _users = new(database);
    readonly Sessions _sessions = new(database);
    readonly AuditLog _audit = new(database);
    readonly LoginThrottle _throttle = new(database.Time);

    /// <summary>Signs a user in.</summary>
    /// <param name="email">The e-mail address.</param>
    /// <param name="password">The password.</param>
    /// <param name="code">The code of the authenticator app, or a recovery code; <see langword="null"/> for none.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    /// <exception cref="OverloadedException">The queue of password verifications is full.</exception>
    public async Task<LoginResult> LoginAsync(string email, string password, string? code, string address, CancellationToken cancellation = default)
    {
        var account = email.Length <= User.MaxEmail ? User.Normalize(email) : "";
        if (_throttle.WaitOf(account, address) is { Ticks: > 0 } wait)
        {
            await RefuseAsync("user.login_throttled", known: null, address);
            return new LoginResult(LoginOutcome.Throttled, Wait: wait);
        }

        // Count a failure in advance, so that concurrent attempts count. Reverted on success.
        _throttle.Fail(account, address);
        var known = await database.ReadAsync(session => session.FirstAsync<Account?>(
            $"SELECT id, password, totp FROM users WHERE email_hash = {_users.HashOf(account)} AND state = {"active"} AND {linked?.MayUsePassword ?? SqlPart.Of($"1 = 1")}",
            row => new Account(row.Text(0), row.TextOrNull(1), row.BytesOrNull(2))), cancellation);
        if (!await passwords.VerifyAsync(password, known?.Password, cancellation) || known is null)
        {
            await RefuseAsync("user.login_refused", known, address);
            return new LoginResult(LoginOutcome.Refused);
        }

        if (known.Totp is not null && code is null)
        {
            // The password was right. Without this, every first step of a sign-in with an app would count as a failure.
            _throttle.TakeBack(account, address);
            return new LoginResult(LoginOutcome.CodeRequired);
        }

        var hash = Passwords.NeedsRehash(known.Password!) ? await passwords.HashAsync(password, cancellation) : known.Password!;
        var issued = await database.WriteAsync(session => BeginAsync(session, known, hash, code, address), cancellation);
        if (issued is null)
        {
            await RefuseAsync("user.login_refused", known, address);
            return new LoginResult(LoginOutcome.Refused);
        }

        _throttle.Succeed(account, address);
        return new LoginResult(LoginOutcome.SignedIn, issued);
    }

    /// <summary>Sets up an authenticator app. A code must prove that the app has the secret.</summary>
    /// <param name="user">The user's id.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="code">A code of the app.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The recovery codes, of which only hashes are stored; <see langword="null"/> if the code is wrong or an app is set up already.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<IReadOnlyList<string>?> SetUpTotpAsync(string user, byte[] secret, string code, string? address = null, CancellationToken cancellation = default)
    {
        if (Totp.Verify(secret, code, database.Time.GetUtcNow(), usedStep: null) is not { } step)
        {
            return null;
        }

        var codes = Enumerable.Range(0, RecoveryCodes).Select(_ => RecoveryCode.New()).ToList();
        return await database.WriteAsync(async session =>
        {
            if (await session.RunAsync($"UPDATE users SET totp = {database.Keys.Seal(secret, PlaceOf(user))}, totp_step = {step} WHERE id = {user} AND totp IS NULL") == 0)
            {
                return null;
            }

            await session.RunAsync($"DELETE FROM recovery_codes WHERE user_id = {user}");
            foreach (var recovery in codes)
            {
                await session.RunAsync($"INSERT INTO recovery_codes (user_id, hash) VALUES ({user}, {HashOf(recovery)})");
            }

            await _audit.AppendAsync(session, new AuditEvent($"user:{user}", "user.totp", $"user:{user}") { Address = address });
            await session.MarkChangedAsync(UserStore.Topic);
            return codes;
        }, cancellation);
    }

    /// <summary>Removes a user's authenticator app and recovery codes.</summary>
    /// <returns><see langword="false"/> if no app is set up.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> RemoveTotpAsync(string user, string actor, string? address = null, CancellationToken cancellation = default) =>
        database.WriteAsync(session => _users.RemoveTotpAsync(session, user, actor, address), cancellation);

    // Consumes the code in the transaction that begins the session: a code is valid once.
    async Task<IssuedSession?> BeginAsync(ControlSession session, Account account, string hash, string? code, string address)
    {
        var now = database.Time.GetUtcNow();
        if (account.Totp is { } sealedSecret && !await UseCodeAsync(session, account.Id, sealedSecret, code!, now))
        {
            return null;
        }

        // Fails if the password was changed, or the user disabled, since the password was verified.
        if (await session.RunAsync($"UPDATE users SET password = {hash}, last_login_at = {now} WHERE id = {account.Id} AND password = {account.Password} AND state = {"active"}") == 0)
        {
            return null;
        }

        await _audit.AppendAsync(session, new AuditEvent($"user:{account.Id}", "user.login", $"user:{account.Id}") { Address = address });
        return await _sessions.BeginAsync(session, account.Id);
    }

    async Task<bool> UseCodeAsync(ControlSession session, string user, byte[] sealedSecret, string code, DateTimeOffset now)
    {
        if (code.Length != Totp.Digits)
        {
            return await session.RunAsync($"DELETE FROM recovery_codes WHERE user_id = {user} AND hash = {HashOf(code)}") == 1;
        }

        var used = await session.NumberAsync($"SELECT totp_step FROM users WHERE id = {user}");
        return Totp.Verify(database.Keys.OpenBytes(sealedSecret, PlaceOf(user)), code, now, used) is { } step
            && await session.RunAsync($"UPDATE users SET totp_step = {step} WHERE id = {user}") == 1;
    }

    byte[] HashOf(string recoveryCode) => database.Keys.Hash("recovery_codes", RecoveryCode.Normalize(recoveryCode));

    Task RefuseAsync(string action, Account? known, string address) => recorder.RefuseSignInAsync(
        new AuditEvent(AuditEvent.Anonymous, action, known is null ? "" : $"user:{known.Id}") { Address = address }, LoginThrottle.NetworkOf(address));

    static string PlaceOf(string user) => $"users.totp:{user}";

    sealed record Account(string Id, string? Password, byte[]? Totp);
}
