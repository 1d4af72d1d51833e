using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Audit;

public sealed class AuditLogTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    AuditLog _log = null!;

    [SetUp]
    public void MakeLog() => _log = new AuditLog(Control);

    [Test]
    public async Task Entries_are_listed_newest_first_by_every_filter()
    {
        await _log.RecordAsync(new AuditEvent("user:1", "user.login", "user:1") { Address = "203.0.113.7" });
        Time.Advance(TimeSpan.FromHours(1));
        await _log.RecordAsync(new AuditEvent("user:1", "campaign.pause", "campaign:a", "shop", """{"from":"active"}"""));
        await _log.RecordAsync(new AuditEvent("cli", "user.add", "user:2"));
        Assert.That(await NumbersAsync(new AuditFilter()), Is.EqualTo(new[] { 3, 2, 1 }));
        Assert.That(await NumbersAsync(new AuditFilter(), before: 3, limit: 1), Is.EqualTo(new[] { 2 }));
        Assert.That(await NumbersAsync(new AuditFilter(From: Time.GetUtcNow())), Is.EqualTo(new[] { 3, 2 }));
        Assert.That(await NumbersAsync(new AuditFilter(To: Time.GetUtcNow())), Is.EqualTo(new[] { 1 }));
        Assert.That(await NumbersAsync(new AuditFilter(Actor: "user:1", Store: "shop")), Is.EqualTo(new[] { 2 }));
        Assert.That(await NumbersAsync(new AuditFilter(Action: "user.")), Is.EqualTo(new[] { 3, 1 }));
        Assert.That(await NumbersAsync(new AuditFilter(Action: "user.add")), Is.EqualTo(new[] { 3 }));
        Assert.That(await NumbersAsync(new AuditFilter(Action: "user")), Is.Empty);
        Assert.That(await NumbersAsync(new AuditFilter(Target: "campaign:a")), Is.EqualTo(new[] { 2 }));
        var first = (await _log.ListAsync(new AuditFilter(), 2, 1))[0];
        Assert.That((first.Event, first.At.ToUnixTimeMilliseconds()), Is.EqualTo((new AuditEvent("user:1", "user.login", "user:1") { Address = "203.0.113.7" }, Start)));
    }

    [Test]
    public async Task A_change_and_its_entry_are_committed_together()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Control.WriteAsync(async session =>
        {
            await _log.AppendAsync(session, new AuditEvent("cli", "user.add", "user:2"));
            throw new InvalidOperationException();
        }));
        Assert.That(await NumbersAsync(new AuditFilter()), Is.Empty);
        Assert.That(await _log.VerifyAsync(), Is.EqualTo(new AuditVerification(0, 0, 0, null)));
    }

    [Test]
    public async Task Entries_of_several_engines_make_one_chain()
    {
        const int Engines = 3, Each = 10;
        var logs = new List<AuditLog>();
        for (var i = 0; i < Engines; i++)
        {
            logs.Add(new AuditLog(await OpenAsync(time: TimeProvider.System)));
        }

        await Task.WhenAll(logs.SelectMany((log, engine) => Enumerable.Range(0, Each).Select(i => log.RecordAsync(
            new AuditEvent(string.Create(CultureInfo.InvariantCulture, $"user:{engine}"), "test.write", string.Create(CultureInfo.InvariantCulture, $"thing:{i}"))))));
        Assert.That(await _log.VerifyAsync(), Is.EqualTo(new AuditVerification(Engines * Each, 1, Engines * Each, null)));
    }

    [TestCase("UPDATE audit SET actor = 'user:9' WHERE number = 5", "entry 5 was altered")]
    [TestCase("UPDATE audit SET at = at + 1 WHERE number = 5", "entry 5 was altered")]
    [TestCase("UPDATE audit SET store = '' WHERE number = 5", "entry 5 was altered")]
    [TestCase("UPDATE audit SET target = 'thing:5x', details = NULL WHERE number = 5", "entry 5 was altered")]
    [TestCase("DELETE FROM audit WHERE number = 5", "entry 5 is missing")]
    [TestCase("DELETE FROM audit WHERE number <= 5", "entry 1 is missing")]
    [TestCase("DELETE FROM audit WHERE number >= 9", "entry 9 is missing")]
    [TestCase("DELETE FROM audit", "entry 1 is missing")]
    [TestCase("UPDATE audit SET number = 11 WHERE number = 10", "entry 10 is missing")]
    [TestCase("UPDATE audit_head SET number = 9, hash = (SELECT hash FROM audit WHERE number = 9)", "the end of the log was altered")]
    [TestCase("UPDATE audit_anchor SET number = 5, hash = (SELECT hash FROM audit WHERE number = 5)", "the beginning of the log was altered")]
    [TestCase("DELETE FROM audit_head", "the end of the log was altered")]
    [TestCase("DELETE FROM audit_anchor", "the beginning of the log was altered")]
    public async Task Any_alteration_is_detected(string change, string problem)
    {
        await FillAsync(10);
        Assert.That((await _log.VerifyAsync()).Problem, Is.Null);
        await Control.WriteAsync(session => session.RunScriptAsync(change));
        Assert.That((await _log.VerifyAsync()).Problem, Does.StartWith(problem));
    }

    [Test]
    public async Task A_truncated_log_does_not_contain_an_earlier_head()
    {
        await FillAsync(3);
        var (old, signature) = (await _log.HeadAsync(), await SignatureAsync());
        await FillAsync(4);
        var head = await _log.HeadAsync();
        Assert.That((old.Number, head.Number), Is.EqualTo((3, 7)));
        Assert.That((await _log.VerifyAsync(old)).Problem, Is.Null);
        Assert.That((await _log.VerifyAsync(head)).Problem, Is.Null);

        // As somebody does who kept an old end: its signature is valid.
        await Control.WriteAsync(async session =>
        {
            await session.RunAsync($"DELETE FROM audit WHERE number > {old.Number}");
            await session.RunAsync($"UPDATE audit_head SET number = {old.Number}, hash = {Convert.FromHexString(old.Hash)}, signature = {signature}");
        });
        Assert.That((await _log.VerifyAsync()).Problem, Is.Null, "nothing inside tells");
        Assert.That(await _log.VerifyAsync(head), Is.EqualTo(new AuditVerification(3, 1, 3, "the log ends with entry 3; it contained entry 7", AuditVerification.Cut)));
        Time.Advance(TimeSpan.FromSeconds(1));
        await FillAsync(6);
        var anew = await _log.VerifyAsync(head);
        Assert.That((anew.Code, anew.Problem), Is.EqualTo((AuditVerification.Cut, "entry 7 is not the one that the log contained: its end was cut off and written anew, or it is another log")));
        Assert.That((await _log.VerifyAsync(old)).Problem, Is.Null);
    }

    [Test]
    public async Task A_witness_that_was_deleted_by_age_is_not_required()
    {
        var empty = await _log.HeadAsync();
        Assert.That(empty.ToString(), Is.EqualTo($"0:{new string('0', 64)}"));
        await FillAsync(5);
        var head = await _log.HeadAsync();
        Assert.That(AuditHead.TryParse(head.ToString().ToUpperInvariant(), out var parsed) && parsed == head);
        Time.Advance(TimeSpan.FromDays(1));
        await _log.TrimAsync(Time.GetUtcNow());
        foreach (var witness in new[] { empty, head })
        {
            Assert.That((await _log.VerifyAsync(witness)).Problem, Is.Null, witness.ToString());
        }

        Assert.That((await _log.VerifyAsync(head with { Hash = empty.Hash })).Code, Is.EqualTo(AuditVerification.Cut), "the last that was deleted is known");
    }

    [TestCase("")]
    [TestCase("7")]
    [TestCase("7:ab")]
    [TestCase("-1:0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("7:000000000000000000000000000000000000000000000000000000000000000g")]
    public void A_malformed_head_is_rejected(string text) => Assert.That(AuditHead.TryParse(text, out _), Is.False);

    [Test]
    public async Task A_log_whose_old_entries_were_deleted_verifies()
    {
        await FillAsync(10);
        Time.Advance(TimeSpan.FromDays(90));
        var young = Time.GetUtcNow();
        await FillAsync(3);
        Assert.That(await _log.TrimAsync(young), Is.EqualTo(10));
        Assert.That(await _log.TrimAsync(young), Is.Zero);
        Assert.That(await NumbersAsync(new AuditFilter()), Is.EqualTo(new[] { 14, 13, 12, 11 }));
        Assert.That(await _log.VerifyAsync(), Is.EqualTo(new AuditVerification(4, 11, 14, null)));
        var trim = (await _log.ListAsync(new AuditFilter(), long.MaxValue, 1))[0].Event;
        Assert.That((trim.Actor, trim.Action), Is.EqualTo(("engine", "audit.trim")));
        Assert.That(trim.Details, Does.Contain("\"through\":10,\"deleted\":10"));
        await Control.WriteAsync(session => session.RunScriptAsync("DELETE FROM audit WHERE number = 11"));
        Assert.That((await _log.VerifyAsync()).Problem, Is.EqualTo("entry 11 is missing"));
    }

    [Test]
    public async Task After_all_entries_are_deleted_by_age_the_chain_continues()
    {
        await FillAsync(3);
        Time.Advance(TimeSpan.FromDays(1));
        Assert.That(await _log.TrimAsync(Time.GetUtcNow()), Is.EqualTo(3));
        await FillAsync(2);
        Assert.That(await _log.VerifyAsync(), Is.EqualTo(new AuditVerification(3, 4, 6, null)));
    }

    [Test]
    public async Task Long_texts_are_cut_and_long_details_are_refused()
    {
        await _log.RecordAsync(new AuditEvent(new string('a', 1000), "test.write", "x"));
        Assert.That((await _log.ListAsync(new AuditFilter(), long.MaxValue, 1))[0].Event.Actor, Has.Length.EqualTo(AuditLog.MaxText));
        await Assert.ThrowsAsync<ArgumentException>(() => _log.RecordAsync(new AuditEvent("a", "test.write", "x", Details: new string(' ', AuditLog.MaxDetails + 1))));
        Assert.That((await _log.VerifyAsync()).Problem, Is.Null);
    }

    async Task FillAsync(int count)
    {
        for (var i = 1; i <= count; i++)
        {
            await _log.RecordAsync(new AuditEvent("user:1", "test.write", string.Create(CultureInfo.InvariantCulture, $"thing:{i}"), Details: "{}"));
        }
    }

    Task<byte[]?> SignatureAsync() => Control.ReadAsync(session => session.FirstAsync($"SELECT signature FROM audit_head", row => row.Bytes(0)));

    async Task<IEnumerable<int>> NumbersAsync(AuditFilter filter, long before = long.MaxValue, int limit = 100) =>
        (await _log.ListAsync(filter, before, limit)).Select(entry => (int)entry.Number);
}
