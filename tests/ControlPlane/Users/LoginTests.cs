using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Users;

/// <summary>Users, their sign-ins, sessions and tokens.</summary>
public sealed class LoginTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    const string Email = "Ada@Shop.Example", Password = "correct horse battery";

    Passwords _passwords = null!;
    AuditRecorder _recorder = null!;
    UserStore _users = null!;
    Sessions _sessions = null!;
    Logins _logins = null!;
    AccessDirectory _directory = null!;
    User _ada = null!;

    [SetUp]
    public async Task AddAdaAsync()
    {
        (_passwords, _recorder) = (new Passwords(), new AuditRecorder(Control));
        (_users, _sessions, _logins, _directory) = (new UserStore(Control), new Sessions(Control), new Logins(Control, _passwords, _recorder), new AccessDirectory(Control));
        _directory.Follow();
        await new SigningKeys(Control).RotateAsync();
        await Control.Changes.StartAsync();
        var (_, token) = await _users.InviteAsync(Email, [new Grant("marketer", "shop")], "cli");
        _ada = (await _users.AcceptAsync(token, await _passwords.HashAsync(Password), address: null))!;
    }

    [TearDown]
    public async Task TearDownAsync()
    {
        await _recorder.DisposeAsync();
        _passwords.Dispose();
    }

    [Test]
    public async Task A_user_signs_in_by_any_spelling_of_the_address_and_is_known_by_the_token()
    {
        foreach (var email in new[] { Email, "ada@shop.example", " ADA@SHOP.EXAMPLE " })
        {
            var result = await _logins.LoginAsync(email, Password, code: null, "192.0.2.1");
            Assert.That(result.Outcome, Is.EqualTo(LoginOutcome.SignedIn), email);
            var user = _directory.Find(await _directory.IssueAsync(result.Issued!))!;
            Assert.That((user.User.Id, user.User.Email, user.Session), Is.EqualTo((_ada.Id, "ada@shop.example", result.Issued!.Session)));
            Assert.That((user.Has("campaigns:write", "shop"), user.Has("campaigns:write", "other"), user.Has("campaigns:write", null), user.Has("users:write", "shop")),
                Is.EqualTo((true, false, false, false)));
        }
    }

    [TestCase("ada@shop.example", "wrong horse battery")]
    [TestCase("ada@shop.example", "")]
    [TestCase("bob@shop.example", Password)]
    [TestCase("", Password)]
    public async Task A_wrong_password_and_an_unknown_address_get_the_same_answer(string email, string password) =>
        Assert.That(await _logins.LoginAsync(email, password, code: null, "192.0.2.1"), Is.EqualTo(new LoginResult(LoginOutcome.Refused)));

    [Test]
    public async Task Guessing_is_slowed_down_and_recorded()
    {
        for (var i = 0; i < 6; i++)
        {
            await _logins.LoginAsync(Email, "wrong horse battery", code: null, "192.0.2.1");
        }

        var throttled = await _logins.LoginAsync(Email, Password, code: null, "192.0.2.1");
        Assert.That((throttled.Outcome, throttled.Wait), Is.EqualTo((LoginOutcome.Throttled, TimeSpan.FromSeconds(1))));
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await _logins.LoginAsync(Email, Password, code: null, "192.0.2.1")).Outcome, Is.EqualTo(LoginOutcome.SignedIn));
        Assert.That(await CountAsync("user.login_refused"), Is.EqualTo(6));
        Assert.That(await CountAsync("user.login_throttled"), Is.EqualTo(1));
        Assert.That(await CountAsync("user.login"), Is.EqualTo(1));
    }

    [Test]
    public async Task Rejections_in_a_flood_are_counted_and_not_all_recorded()
    {
        // 60 are recorded in a minute, 10 of them from a network.
        for (var i = 0; i < 65; i++)
        {
            await _logins.LoginAsync($"user{i}@shop.example", "wrong", code: null, $"192.0.2.{Math.Max(i, 12)}");
        }

        Assert.That(await CountAsync("user.login_refused"), Is.EqualTo(60));
        Time.Advance(TimeSpan.FromMinutes(1));
        await _logins.LoginAsync("bob@shop.example", "wrong", code: null, "192.0.2.12");
        Assert.That(await LastDetailsAsync(), Is.EqualTo("""{"counted":3}"""), "those of the network");
        await _recorder.RecordCountedAsync();
        Assert.That(await LastDetailsAsync(), Is.EqualTo("""{"counted":2}"""), "the others");
    }

    [Test]
    public async Task A_code_is_required_once_an_app_is_set_up_and_each_code_is_valid_once()
    {
        var secret = Totp.NewSecret();
        var now = Totp.StepOf(Time.GetUtcNow());
        Assert.That(await _logins.SetUpTotpAsync(_ada.Id, secret, "000000" == Totp.CodeOf(secret, now) ? "000001" : "000000"), Is.Null);
        var recovery = (await _logins.SetUpTotpAsync(_ada.Id, secret, Totp.CodeOf(secret, now), "192.0.2.1"))!;
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "user.totp"), long.MaxValue, 1);
        Assert.That(entries[0].Event.Address, Is.EqualTo("192.0.2.1"));
        Assert.That(recovery.Distinct().Count(), Is.EqualTo(Logins.RecoveryCodes));
        Assert.That((await LoginAsync(null)), Is.EqualTo(LoginOutcome.CodeRequired));
        Assert.That((await LoginAsync(Totp.CodeOf(secret, now))), Is.EqualTo(LoginOutcome.Refused), "the code that set it up was used");
        Assert.That((await LoginAsync(Totp.CodeOf(secret, now + 1))), Is.EqualTo(LoginOutcome.SignedIn));
        Assert.That((await LoginAsync(Totp.CodeOf(secret, now + 1))), Is.EqualTo(LoginOutcome.Refused));
        Assert.That((await LoginAsync(recovery[3].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal))), Is.EqualTo(LoginOutcome.SignedIn));
        Assert.That((await LoginAsync(recovery[3])), Is.EqualTo(LoginOutcome.Refused));
        Assert.That(await _logins.RemoveTotpAsync(_ada.Id, "cli"));
        Assert.That((await LoginAsync(null)), Is.EqualTo(LoginOutcome.SignedIn));
        Assert.That(await _logins.RemoveTotpAsync(_ada.Id, "cli"), Is.False);
    }

    [Test]
    public async Task A_refresh_token_that_is_reused_later_ends_the_session()
    {
        var first = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        var access = await _directory.IssueAsync(first);
        var (outcome, second) = await _sessions.RefreshAsync(first.RefreshToken, "a");
        Assert.That((outcome, second!.Session), Is.EqualTo((RefreshOutcome.Refreshed, first.Session)));
        Assert.That(_directory.Find(access), Is.Not.Null);
        Time.Advance(Sessions.ReuseInterval);
        Assert.That((await _sessions.RefreshAsync(first.RefreshToken, "b")).Outcome, Is.EqualTo(RefreshOutcome.Reused));
        Assert.That(_directory.Find(access), Is.Null, "its access tokens are refused at once");
        Assert.That((await _sessions.RefreshAsync(second.RefreshToken, "a")).Outcome, Is.EqualTo(RefreshOutcome.Refused));
        Assert.That((await _sessions.RefreshAsync("nothing", "a")).Outcome, Is.EqualTo(RefreshOutcome.Refused));
        Assert.That(await CountAsync("session.reuse"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_refresh_token_reused_within_the_interval_has_one_successor()
    {
        var first = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        var (_, second) = await _sessions.RefreshAsync(first.RefreshToken, "a");
        Time.Advance(Sessions.ReuseInterval - TimeSpan.FromMilliseconds(1));
        Assert.That(await _sessions.RefreshAsync(first.RefreshToken, "b"), Is.EqualTo((RefreshOutcome.Refreshed, second)));
        Assert.That(await TokensAsync(), Is.EqualTo(2));

        // The other tab has refreshed once more.
        var (_, third) = await _sessions.RefreshAsync(second!.RefreshToken, "a");
        Assert.That(third!.RefreshToken, Is.Not.EqualTo(second.RefreshToken));
        Assert.That(await _sessions.RefreshAsync(first.RefreshToken, "b"), Is.EqualTo((RefreshOutcome.Refreshed, third)));
        Assert.That(await CountAsync("session.reuse"), Is.Zero);

        // A copy that was used within the interval is noticed when the other holder refreshes.
        var (_, thief) = await _sessions.RefreshAsync(third.RefreshToken, "thief");
        Time.Advance(TimeSpan.FromMinutes(14));
        await _sessions.RefreshAsync(thief!.RefreshToken, "thief");
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await _sessions.RefreshAsync(third.RefreshToken, "a")).Outcome, Is.EqualTo(RefreshOutcome.Reused));
    }

    [Test]
    public async Task Refreshes_at_the_same_time_in_several_engines_get_one_successor()
    {
        var first = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        var engines = new List<Sessions> { _sessions };
        for (var i = 0; i < 2; i++)
        {
            engines.Add(new Sessions(await OpenAsync()));
        }

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => engines[i % engines.Count].RefreshAsync(first.RefreshToken, "a")));
        Assert.That(results.Select(result => result.Outcome), Is.All.EqualTo(RefreshOutcome.Refreshed));
        Assert.That(results.Select(result => result.Issued!.RefreshToken).Distinct().Count(), Is.EqualTo(1));
        Assert.That(await TokensAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_session_keeps_a_bounded_number_of_used_tokens()
    {
        var first = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        await Control.WriteAsync(async session =>
        {
            for (var i = 0; i < Sessions.MaxUsedTokens + 20; i++)
            {
                await session.RunAsync($"INSERT INTO refresh_tokens (hash, session_id, expires_at, used_at) VALUES ({BitConverter.GetBytes(i)}, {first.Session}, {Time.GetUtcNow() + Sessions.Idle}, {Time.GetUtcNow()})");
            }
        });
        Time.Advance(TimeSpan.FromSeconds(1));
        var (_, second) = await _sessions.RefreshAsync(first.RefreshToken, "a");
        Assert.That(await TokensAsync(), Is.EqualTo(Sessions.MaxUsedTokens + 1));
        Assert.That((await _sessions.RefreshAsync(second!.RefreshToken, "a")).Outcome, Is.EqualTo(RefreshOutcome.Refreshed));
        Assert.That(await _sessions.RefreshAsync(first.RefreshToken, "a"), Is.Not.EqualTo((RefreshOutcome.Refused, (IssuedSession?)null)), "the latest are kept");
    }

    [Test]
    public async Task Ended_sessions_are_deleted()
    {
        var (ended, other) = ((await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!, (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!);
        await _sessions.EndAsync(ended.Session, new AuditEvent("user:1", "user.logout", "user:1"));
        await _sessions.CleanAsync();
        Assert.That((await TokensAsync(), await SessionsAsync()), Is.EqualTo((1, 2)), "an ended session is known while its access tokens may be valid");
        Time.Advance(TimeSpan.FromHours(2));
        await _sessions.CleanAsync();
        Assert.That(await SessionsAsync(), Is.EqualTo(1));
        Assert.That((await _sessions.RefreshAsync(other.RefreshToken, "a")).Outcome, Is.EqualTo(RefreshOutcome.Refreshed));
        Time.Advance(Sessions.Life + TimeSpan.FromHours(2));
        await _sessions.CleanAsync();
        Assert.That((await TokensAsync(), await SessionsAsync()), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task The_oldest_session_ends_when_there_are_too_many()
    {
        var first = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        var access = await _directory.IssueAsync(first);
        await Control.WriteAsync(async session =>
        {
            for (var i = 1; i < Sessions.MaxPerUser; i++)
            {
                await session.RunAsync($"INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ({$"{i}"}, {_ada.Id}, {Time.GetUtcNow().AddMinutes(1)}, {Time.GetUtcNow() + Sessions.Life})");
            }
        });
        Assert.That(_directory.Find(access), Is.Not.Null);
        Time.Advance(TimeSpan.FromMinutes(2));
        await _logins.LoginAsync(Email, Password, code: null, "a");
        Assert.That(_directory.Find(access), Is.Null);
        Assert.That((await _sessions.RefreshAsync(first.RefreshToken, "a")).Outcome, Is.EqualTo(RefreshOutcome.Refused));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL")), Is.EqualTo(Sessions.MaxPerUser));
    }

    [Test]
    public async Task Signing_in_and_out_reads_no_other_user()
    {
        var before = await RevisionAsync();
        var issued = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        await _sessions.RefreshAsync(issued.RefreshToken, "a");
        await _sessions.EndAsync(issued.Session, new AuditEvent("user:1", "user.logout", "user:1"));
        Assert.That(await RevisionAsync(), Is.EqualTo(before), "the directory reads all users when this changes");
        await _users.DisableAsync(_ada.Id, disable: true, "cli");
        Assert.That(await RevisionAsync(), Is.GreaterThan(before!));
    }

    [Test]
    public async Task An_unknown_refresh_token_writes_nothing()
    {
        var session = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        var before = await WritesAsync();
        Assert.That((await _sessions.RefreshAsync("nothing", "a")).Outcome, Is.EqualTo(RefreshOutcome.Refused));
        Assert.That(await WritesAsync(), Is.EqualTo(before));
        await _sessions.RefreshAsync(session.RefreshToken, "a");
        Assert.That(await WritesAsync(), Is.GreaterThan(before!), "a known one does");
    }

    [TestCase("{\"kid\":\"\\ud800\"}")]
    [TestCase("{\"\\ud800\":1,\"kid\":\"\\udc00x\"}")]
    [TestCase("{\"kid\":\"\u00ff\"}")]
    [TestCase("{\"kid\":1}")]
    [TestCase("[]")]
    [TestCase("{")]
    public void A_malformed_footer_is_rejected(string footer)
    {
        var token = Paseto.Sign("{}"u8, Paseto.MakeKeys().Private, System.Text.Encoding.Latin1.GetBytes(footer), "aud"u8);
        Assert.That(_directory.Find(token), Is.Null);
    }

    [Test]
    public async Task Tokens_expire()
    {
        var session = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        var access = await _directory.IssueAsync(session);
        Time.Advance(AccessTokens.Life - TimeSpan.FromSeconds(1));
        Assert.That(_directory.Find(access), Is.Not.Null);
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_directory.Find(access), Is.Null);
        Time.Advance(Sessions.Idle);
        Assert.That((await _sessions.RefreshAsync(session.RefreshToken, "a")).Outcome, Is.EqualTo(RefreshOutcome.Refused));
    }

    [Test]
    public async Task Signing_out_disabling_and_a_new_password_end_sessions()
    {
        var access = await _directory.IssueAsync((await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!);
        var other = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        Assert.That(await _sessions.EndAsync(_directory.Find(access)!.Session, new AuditEvent("user:1", "user.logout", "user:1")));
        Assert.That(_directory.Find(access), Is.Null);
        Assert.That(_directory.Find(await _directory.IssueAsync(other)), Is.Not.Null, "another session goes on");

        var link = (await _users.ResetAsync(Email, "cli"))!;
        Assert.That((await _users.OwnerOfAsync(link))!.Id, Is.EqualTo(_ada.Id));
        await _users.AcceptAsync(link, await _passwords.HashAsync("another horse battery"), "a");
        Assert.That(_directory.Find(await _directory.IssueAsync(other)), Is.Null);
        Assert.That(await _users.AcceptAsync(link, "hash", "a"), Is.Null, "a link is good once");
        Assert.That((await _logins.LoginAsync(Email, Password, code: null, "a")).Outcome, Is.EqualTo(LoginOutcome.Refused));

        var last = (await _logins.LoginAsync(Email, "another horse battery", code: null, "b")).Issued!;
        Assert.That(await _users.DisableAsync(_ada.Id, disable: true, "cli"));
        Assert.That(_directory.Find(await _directory.IssueAsync(last)), Is.Null);
        Assert.That((await _logins.LoginAsync(Email, "another horse battery", code: null, "b")).Outcome, Is.EqualTo(LoginOutcome.Refused));
        Assert.That(await _users.DisableAsync(_ada.Id, disable: false, "cli"));
        Assert.That((await _logins.LoginAsync(Email, "another horse battery", code: null, "c")).Outcome, Is.EqualTo(LoginOutcome.SignedIn));
    }

    [Test]
    public async Task Links_expire()
    {
        var link = (await _users.ResetAsync(Email, "cli"))!;
        Time.Advance(UserStore.ResetAge);
        Assert.That(await _users.OwnerOfAsync(link), Is.Null);
        Assert.That(await _users.AcceptAsync(link, "hash", "a"), Is.Null);
    }

    [Test]
    public async Task A_hash_with_weaker_parameters_is_replaced_when_the_user_signs_in()
    {
        var weak = Passwords.Compute(Password, iterations: 1, memorySize: 8 << 20);
        Assert.That(Passwords.NeedsRehash(weak));
        await Control.WriteAsync(session => session.RunAsync($"UPDATE users SET password = {weak} WHERE id = {_ada.Id}"));
        Assert.That((await _logins.LoginAsync(Email, Password, code: null, "a")).Outcome, Is.EqualTo(LoginOutcome.SignedIn));
        var strong = await Control.ReadAsync(session => session.FirstAsync($"SELECT password FROM users WHERE id = {_ada.Id}", row => row.Text(0)));
        Assert.That(Passwords.NeedsRehash(strong!), Is.False);
        Assert.That(strong, Does.StartWith("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    [Test]
    public async Task Signing_keys_rotate_and_former_ones_verify_until_their_tokens_have_expired()
    {
        var keys = new SigningKeys(Control);
        var session = (await _logins.LoginAsync(Email, Password, code: null, "a")).Issued!;
        Assert.That(await KeysAsync(), Is.EqualTo(1));
        Time.Advance(SigningKeys.Life - SigningKeys.Ahead);
        await keys.RotateAsync();
        await keys.RotateAsync();
        Assert.That(await KeysAsync(), Is.EqualTo(2), "the next one is there a day before");
        Time.Advance(SigningKeys.Ahead - TimeSpan.FromMinutes(1));
        var former = await _directory.IssueAsync(session);
        Time.Advance(TimeSpan.FromMinutes(2));
        var next = await _directory.IssueAsync(session);
        Assert.That(Paseto.FooterOf(next), Is.Not.EqualTo(Paseto.FooterOf(former)));
        Assert.That((_directory.Find(former), _directory.Find(next)), Is.Not.EqualTo(((SignedInUser?)null, (SignedInUser?)null)));
        Assert.That(_directory.Find(former), Is.Not.Null);
        Time.Advance(TimeSpan.FromHours(2));
        await keys.RotateAsync();
        Assert.That(await KeysAsync(), Is.EqualTo(1), "the first one is gone");
        Assert.That(_directory.Find(await _directory.IssueAsync(session)), Is.Not.Null);
    }

    [Test]
    public async Task A_key_only_verifies_tokens_of_its_signing_period()
    {
        var key = (await Control.ReadAsync(new SigningKeys(Control).ReadAsync))[0];
        var keys = new Dictionary<string, SigningKey> { [key.Id] = key };
        bool IsValid(DateTimeOffset issued) =>
            AccessTokens.Verify(AccessTokens.Issue(key, new AccessClaims("u", "s", issued + AccessTokens.Life), issued), keys, issued) is not null;

        Assert.That((IsValid(key.From), IsValid(key.Until - TimeSpan.FromSeconds(1))), Is.EqualTo((true, true)));
        Assert.That((IsValid(key.From - TimeSpan.FromSeconds(1)), IsValid(key.Until + TimeSpan.FromSeconds(1))), Is.EqualTo((false, false)));
        var last = AccessTokens.Issue(key, new AccessClaims("u", "s", key.Until + AccessTokens.Life), key.Until);
        Assert.That(AccessTokens.Verify(last, keys, key.Until + AccessTokens.Life - TimeSpan.FromSeconds(1)), Is.Not.Null);
    }

    [Test]
    public async Task Nothing_of_a_user_is_readable_in_the_database()
    {
        Assume.That(Kind, Is.EqualTo(DatabaseKind.Sqlite));
        await _logins.LoginAsync(Email, Password, code: null, "a");
        var found = Encryption.TestKeys.Found(Scratch.Folder, "ada@shop", "Ada@Shop", Password);
        Assert.That(found, Is.Empty);
    }

    [Test]
    public async Task A_user_exists_once()
    {
        var refused = (await Assert.ThrowsAsync<Engine.ControlPlane.Database.ControlDatabaseException>(() => _users.InviteAsync("ADA@shop.example", [], "cli")))!;
        Assert.That(refused.Code, Is.EqualTo(Engine.ControlPlane.Database.ControlDatabaseException.Duplicate));
        Assert.That((await _users.ListAsync()).Select(user => (user.Email, user.State)), Is.EqualTo(new[] { ("ada@shop.example", UserState.Active) }));
    }

    [TestCase("short horse", "at least 12")]
    [TestCase("aaaaaaaaaaaaaaaa", "easy to guess")]
    [TestCase("ada@shop.example", "easy to guess")]
    public void A_weak_password_is_refused(string password, string problem) => Assert.That(Passwords.ProblemOf(password, "ada@shop.example"), Does.Contain(problem));

    async Task<LoginOutcome> LoginAsync(string? code) => (await _logins.LoginAsync(Email, Password, code, "a")).Outcome;

    async Task<int> CountAsync(string action) => (await new AuditLog(Control).ListAsync(new AuditFilter(Action: action), long.MaxValue, 1000)).Count;

    async Task<string?> LastDetailsAsync() => (await new AuditLog(Control).ListAsync(new AuditFilter(Action: "user.login_refused"), long.MaxValue, 1))[0].Event.Details;

    Task<long?> WritesAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT SUM(revision) FROM control_changes"));

    Task<long?> TokensAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM refresh_tokens"));

    Task<long?> SessionsAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM sessions"));

    Task<long?> RevisionAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT revision FROM control_changes WHERE topic = {UserStore.Topic}"));

    Task<long?> KeysAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM signing_keys"));
}
