using System.Text;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.Privacy;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.Privacy;

public sealed class ErasureRequestsTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    const string User = "customer-quillfeather-4711", Folder = "f1";

    Tombstones _tombstones = null!;
    ErasureRequests _requests = null!;

    [SetUp]
    public async Task SetUpAsync()
    {
        _tombstones = new Tombstones(Control);
        _tombstones.Follow();
        _requests = new ErasureRequests(Control, _tombstones);
        await new SigningKeys(Control).RotateAsync();
    }

    [Test]
    public async Task A_person_is_refused_from_the_request_on_by_all_engines_and_after_a_restart()
    {
        var others = new Tombstones(await OpenAsync());
        await AddAsync();
        Assert.That(_tombstones.People.Contains("shop"u8, Encoding.UTF8.GetBytes(User)), "here at once");

        var other = await OpenAsync();
        var again = new Tombstones(other);
        again.Follow();
        await other.Changes.RefreshAsync();
        Assert.That(again.People.Contains("shop"u8, Encoding.UTF8.GetBytes(User)), "elsewhere, and after a restart");
        Assert.That((others.HashOf("shop", User), again.People.Contains("other"u8, Encoding.UTF8.GetBytes(User))), Is.EqualTo((_tombstones.HashOf("shop", User), false)));
    }

    [Test]
    public async Task A_completed_request_keeps_only_a_keyed_hash()
    {
        var request = await AddAsync();
        var (running, subject, _) = await NextAsync();
        Assert.That((running!.State, running.Attempts, subject!.UserId), Is.EqualTo((ErasureRequest.Running, 1, User)));
        await _requests.SetStepAsync(running, [new ErasureStep(ErasureStep.Find, Time.GetUtcNow(), 5, new Dictionary<string, long> { ["carts"] = 2 })], subject with { Carts = ["c1"] }, default);
        var receipts = new Receipts(Control);
        await _requests.CompleteAsync(running, Time.GetUtcNow(), session => receipts.SignAsync(session, """{"jti":"7"}"""u8.ToArray()), default);

        var done = (await _requests.FindAsync("shop", request.Id))!;
        Assert.That((done.State, done.Steps.Single().Counts["carts"], done.Reason), Is.EqualTo((ErasureRequest.Completed, 2, "ticket 12")));
        Assert.That((await receipts.VerifyAsync(done.Receipt!))?.Message, Is.EqualTo("""{"jti":"7"}"""u8.ToArray()));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM privacy_requests WHERE subject IS NULL")), Is.EqualTo(1));
        Assert.That(await _requests.FindAsync("other", request.Id), Is.Null, "of another store");
        var audit = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "privacy."), long.MaxValue, 10);
        Assert.That(audit.Select(entry => entry.Event.Action), Is.EqualTo(new[] { "privacy.forgotten", "privacy.forget" }));
        Assert.That(audit.Select(entry => entry.Event.Target), Is.All.EqualTo(Tombstones.NameOf(request.Person)).And.None.Contains(User));
    }

    [Test]
    public async Task A_request_that_was_running_at_the_stop_resumes_in_its_own_folder()
    {
        var request = await AddAsync();
        Assert.That((await _requests.StartAsync("another", default)).Due, Is.Empty, "another folder's");
        var (running, subject, _) = await NextAsync();
        var carts = subject! with { Carts = ["c1"], Addresses = ["a@b.example"] };
        await _requests.SetStepAsync(running!, [new ErasureStep(ErasureStep.Find, Time.GetUtcNow(), 5, new Dictionary<string, long>())], carts, default);

        var after = new ErasureRequests(await OpenAsync(), _tombstones);
        var (again, known, _) = await NextAsync(after);
        Assert.That((again!.Id, again.Attempts, again.Steps.Single().Name), Is.EqualTo((request.Id, 2, ErasureStep.Find)));
        Assert.That((known!.UserId, known.Carts.Single(), known.Addresses.Single()), Is.EqualTo((User, "c1", "a@b.example")));
    }

    [Test]
    public async Task A_failure_is_retried_a_bounded_number_of_times()
    {
        await AddAsync();
        for (var attempt = 1; attempt <= ErasureRequests.MaxAttempts; attempt++)
        {
            var (request, _, _) = await NextAsync();
            Assert.That(request?.Attempts, Is.EqualTo(attempt));
            await _requests.FailAsync(request!, "the disk is full", default);
            var (none, _, next) = await NextAsync();
            Assert.That(none, Is.Null, "it waits");
            Assert.That(next > Time.GetUtcNow(), Is.EqualTo(attempt < ErasureRequests.MaxAttempts));
            Time.Advance(TimeSpan.FromMinutes(11));
        }

        var failed = (await _requests.ListAsync("shop", before: null, 10)).Single();
        Assert.That((failed.State, failed.Problem), Is.EqualTo((ErasureRequest.Failed, "the disk is full")));
        Assert.That(await _tombstones.HasAsync("shop", User), "the person stays refused");
        Assert.That(await AddAsync(), Has.Property("Id").EqualTo(failed.Id).And.Property("State").EqualTo(ErasureRequest.Pending).And.Property("Attempts").Zero, "asked again, it goes on");
    }

    [Test]
    public async Task A_failed_request_that_is_sent_again_repeats_all_steps_with_its_new_mode()
    {
        var first = await AddAsync();
        for (var attempt = 1; attempt <= ErasureRequests.MaxAttempts; attempt++)
        {
            var (request, subject, _) = await NextAsync();
            await _requests.SetStepAsync(request!, [new ErasureStep(ErasureStep.Find, Time.GetUtcNow(), 5, new Dictionary<string, long>())], subject! with { Carts = ["c1"] }, default);
            await _requests.FailAsync(request!, "the disk is full", default);
            Time.Advance(TimeSpan.FromMinutes(11));
        }

        var again = await _requests.AddAsync(Folder, "shop", User, ErasureMode.Anonymise, "ticket 13", "ada", address: null);
        Assert.That((again.Id, again.Mode, again.Reason, again.RequestedBy), Is.EqualTo((first.Id, ErasureMode.Anonymise, "ticket 13", "ada")));
        Assert.That(again.Steps, Is.Empty);
        Assert.That(again.RequestedAt, Is.GreaterThan(first.RequestedAt));
        Assert.That(again.StartedAt, Is.Null);
        var (_, known, _) = await NextAsync();
        Assert.That(known!.Carts, Is.EqualTo(new[] { "c1" }), "erased data named it");
    }

    [Test]
    public async Task The_persons_identity_is_deleted_before_the_backups_and_restored_by_a_repeated_request()
    {
        await AddAsync();
        var (request, subject, _) = await NextAsync();
        ErasureStep[] steps = [.. ErasureStep.OfPerson.Select(name => new ErasureStep(name, Time.GetUtcNow(), 5, new Dictionary<string, long>()))];
        await _requests.SetStepAsync(request!, steps, subject! with { Carts = ["c1"] }, default);
        await _requests.ForgetSubjectAsync(request! with { Reason = "(left out)" }, default);
        await Control.ScrubAsync();

        var (again, none, _) = await NextAsync();
        Assert.That((again!.Steps.Count, again.Reason, none), Is.EqualTo((steps.Length, "(left out)", (ErasedSubject?)null)), "only the backups are left");
        for (var attempt = 2; attempt <= ErasureRequests.MaxAttempts; attempt++)
        {
            await _requests.FailAsync(again!, "the disk is not mounted", default);
            Time.Advance(TimeSpan.FromMinutes(11));
            (again, _, _) = await NextAsync();
        }

        await AddAsync();
        Assert.That((await NextAsync()).Subject?.UserId, Is.EqualTo(User));
    }

    [Test]
    public async Task An_open_request_is_not_sent_again_with_another_mode()
    {
        await AddAsync();
        Assert.That(() => _requests.AddAsync(Folder, "shop", User, ErasureMode.Anonymise, "ticket 12", "cli", address: null),
            Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo(ControlRefusalException.ErasureRuns));
        Assert.That((await _requests.ListAsync("shop", before: null, 10)).Single().Mode, Is.EqualTo(ErasureMode.Delete));
    }

    [Test]
    public async Task A_person_can_be_lifted_only_after_the_erasure()
    {
        var first = await AddAsync();
        Assert.That((await AddAsync()).Id, Is.EqualTo(first.Id), "a second request is the first");
        Assert.That(() => _requests.LiftAsync("shop", User, "cli", address: null), Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo(ControlRefusalException.ErasureRuns));
        var (running, _, _) = await NextAsync();
        await _requests.CompleteAsync(running!, Time.GetUtcNow(), session => new Receipts(Control).SignAsync(session, "{}"u8.ToArray()), default);

        Assert.That((await _requests.LiftAsync("shop", User, "cli", address: null), await _requests.LiftAsync("shop", User, "cli", address: null)), Is.EqualTo((true, false)));
        Assert.That(_tombstones.People.IsEmpty);
        Assert.That((await AddAsync()).Id, Is.Not.EqualTo(first.Id));
    }

    [Test]
    public async Task An_altered_receipt_or_an_access_token_is_rejected()
    {
        var receipts = new Receipts(Control);
        var receipt = await receipts.SignAsync("""{"typ":"erasure"}"""u8.ToArray());
        Assert.That(await receipts.VerifyAsync(receipt), Is.Not.Null);

        var altered = $"{receipt[..20]}{(receipt[20] == 'A' ? 'B' : 'A')}{receipt[21..]}";
        var key = (await Control.ReadAsync(new SigningKeys(Control).ReadAsync)).Single();
        var token = AccessTokens.Issue(key, new AccessClaims("u", "s", Time.GetUtcNow().AddMinutes(5)), Time.GetUtcNow());
        foreach (var wrong in new[] { altered, token, "", "v4.public.AAAA", receipt[..^5] })
        {
            Assert.That(await receipts.VerifyAsync(wrong), Is.Null, wrong);
        }

        Assert.That(AccessTokens.Verify(receipt, new Dictionary<string, SigningKey> { [key.Id] = key }, Time.GetUtcNow()), Is.Null, "a receipt opens nothing");

        // The key has signed its last token and is deleted; receipts stay.
        Time.Advance(TimeSpan.FromDays(40));
        await new SigningKeys(Control).RotateAsync();
        Assert.That(await receipts.VerifyAsync(receipt), Is.Not.Null);
    }

    [Test]
    public async Task New_requests_are_one_pass_and_one_that_failed_is_tried_alone()
    {
        ErasureRequest[] added = [.. await Task.WhenAll(Enumerable.Range(0, 3).Select(i => _requests.AddAsync(Folder, i == 2 ? "other" : "shop", $"user-{i}", ErasureMode.Delete, null, "cli", address: null)))];
        await _requests.AddAsync("another", "shop", "theirs", ErasureMode.Delete, null, "cli", address: null);
        var (due, _) = await _requests.StartAsync(Folder, default);
        Assert.That(due.Select(one => one.Request.Id), Is.EquivalentTo(added.Select(request => request.Id)));
        Assert.That(due.Select(one => (one.Subject!.UserId, one.Request.Attempts)), Is.EquivalentTo(new[] { ("user-0", 1), ("user-1", 1), ("user-2", 1) }));

        foreach (var (request, _) in due)
        {
            await _requests.FailAsync(request, "the disk is full", default);
        }

        Time.Advance(TimeSpan.FromMinutes(1));
        var late = await _requests.AddAsync(Folder, "shop", "late", ErasureMode.Delete, null, "cli", address: null);
        var alone = (await _requests.StartAsync(Folder, default)).Due;
        Assert.That((alone.Count, alone[0].Request.Attempts), Is.EqualTo((1, 2)));
        await _requests.CompleteAsync(alone[0].Request, Time.GetUtcNow(), session => new Receipts(Control).SignAsync(session, "{}"u8.ToArray()), default);
        await _requests.CompleteAsync((await NextAsync()).Request!, Time.GetUtcNow(), session => new Receipts(Control).SignAsync(session, "{}"u8.ToArray()), default);
        await _requests.CompleteAsync((await NextAsync()).Request!, Time.GetUtcNow(), session => new Receipts(Control).SignAsync(session, "{}"u8.ToArray()), default);
        Assert.That((await _requests.StartAsync(Folder, default)).Due.Single().Request.Id, Is.EqualTo(late.Id));
    }

    [Test]
    public async Task A_request_is_added_for_every_data_folder_that_shares_the_database_and_completed_when_all_are()
    {
        var folders = new ErasureFolders(Control);
        foreach (var folder in new[] { Folder, "f2", "f3" })
        {
            await folders.RegisterAsync(folder);
        }

        var request = await AddAsync();
        Assert.That(request.Elsewhere.Select(one => (one.Folder, one.State)), Is.EqualTo(new[] { ("f2", "pending"), ("f3", "pending") }));
        var (own, subject, _) = await NextAsync();
        Assert.That((own!.Id, subject!.UserId), Is.EqualTo((request.Id, User)));
        var (theirs, known) = (await _requests.StartAsync("f2", default)).Due.Single();
        Assert.That((theirs.Id, known!.UserId), Is.EqualTo((request.Elsewhere[0].Id, User)), "each engine learns whom to erase");
        Assert.That((await AddAsync()).Id, Is.EqualTo(request.Id));
        Assert.That((await _requests.AddAsync("f2", "shop", User, ErasureMode.Delete, null, "cli", address: null)).Id, Is.EqualTo(request.Id), "asked at another engine");
        Assert.That((await _requests.ListAsync("shop", before: null, 10)).Select(one => one.Id), Is.EqualTo(new[] { request.Id }), "the list has it once");

        await CompleteAsync(own);
        Assert.That((await _requests.FindAsync("shop", request.Id))!.StateOfAll, Is.EqualTo(ErasureRequest.Running), "two engines still have the person");
        await CompleteAsync(theirs);
        Assert.That(await folders.RemoveAsync("f3", "cli"), "whose disk is gone");
        var done = (await _requests.FindAsync("shop", request.Id))!;
        Assert.That((done.StateOfAll, done.Elsewhere.Single().Receipt is { Length: > 0 }), Is.EqualTo((ErasureRequest.Completed, true)));
        Assert.That(await folders.RemoveAsync("f3", "cli"), Is.False);
        Assert.That((await folders.ListAsync()).Select(one => one.Folder), Is.EqualTo(new[] { Folder, "f2" }));
    }

    [Test]
    public async Task A_folder_that_joins_or_is_restored_is_scanned_and_a_restored_database_refuses_who_was_erased_meanwhile()
    {
        var folders = new ErasureFolders(Control);
        await folders.RegisterAsync(Folder);
        Assert.That(await folders.MustScanAsync(Folder), "it may have data");
        await folders.SetScannedAsync(Folder, default);
        await folders.RegisterAsync(Folder);
        Assert.That(await folders.MustScanAsync(Folder), Is.False, "a restart is none");

        await folders.RestoreAsync(Folder, [new Tombstone("shop", _tombstones.HashOf("shop", User), Time.GetUtcNow())]);
        Assert.That((await folders.MustScanAsync(Folder), _tombstones.People.Contains("shop"u8, Encoding.UTF8.GetBytes(User))), Is.EqualTo((true, true)));
        Assert.That(await _requests.AddAgainAsync(Folder, "shop", User, default));
        Assert.That(await _requests.AddAgainAsync(Folder, "shop", User, default), Is.False, "it is pending");
        Assert.That(await _requests.AddAgainAsync(Folder, "shop", "somebody", default), Is.False, "who is not erased");
        Assert.That((await NextAsync()).Subject!.UserId, Is.EqualTo(User));
    }

    [Test]
    public async Task A_pass_is_bounded()
    {
        for (var i = 0; i < ErasureRequests.MaxPerPass + 2; i++)
        {
            await _requests.AddAsync(Folder, "shop", $"user-{i}", ErasureMode.Delete, null, "cli", address: null);
        }

        Assert.That((await _requests.StartAsync(Folder, default)).Due, Has.Count.EqualTo(ErasureRequests.MaxPerPass));
    }

    // The only request that is due, as a tuple of nulls if none is.
    async Task<(ErasureRequest? Request, ErasedSubject? Subject, DateTimeOffset? Next)> NextAsync(ErasureRequests? requests = null)
    {
        var (due, next) = await (requests ?? _requests).StartAsync(Folder, default);
        Assert.That(due, Has.Count.LessThanOrEqualTo(1));
        return due is [var (request, subject)] ? (request, subject, next) : (null, null, next);
    }

    Task CompleteAsync(ErasureRequest request) =>
        _requests.CompleteAsync(request, Time.GetUtcNow(), session => new Receipts(Control).SignAsync(session, "{}"u8.ToArray()), default);

    Task<ErasureRequest> AddAsync() => _requests.AddAsync(Folder, "shop", User, ErasureMode.Delete, "ticket 12", "cli", address: null);
}
