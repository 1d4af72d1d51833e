using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Audit;

public sealed class AuditRecorderTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    AuditRecorder _recorder = null!;

    [SetUp]
    public void MakeRecorder() => _recorder = new AuditRecorder(Control);

    [TearDown]
    public async Task StopAsync() => await _recorder.DisposeAsync();

    [Test]
    public async Task Entries_that_wait_are_written_together_and_in_order()
    {
        var before = await WritesAsync();
        var recorded = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => _recorder.RecordAsync(Entry(i))));
        Assert.That(recorded, Is.All.True);
        Assert.That(await TargetsAsync(), Is.EqualTo(Enumerable.Range(0, 100).Select(i => Entry(i).Target)));
        Assert.That(await WritesAsync() - before, Is.LessThan(100), "fewer transactions than entries");
        Assert.That((await new AuditLog(Control).VerifyAsync()).Problem, Is.Null);
    }

    [Test]
    public async Task A_rejected_entry_is_replaced_and_does_not_block_others()
    {
        await Control.WriteAsync(session => session.RunScriptAsync("CREATE UNIQUE INDEX once ON audit (actor, target)"));
        Assert.That(await _recorder.RecordAsync(Entry(0)));
        var delayed = new List<string>();
        _recorder.OnDelayed = (entry, _) => delayed.Add(entry.Target);
        var (hold, held) = (new TaskCompletionSource(), new TaskCompletionSource());
        var other = Control.WriteAsync(async _ =>
        {
            held.SetResult();
            await hold.Task;
        });
        await held.Task;
        // Number 40 is there already. The clock stands still: nobody may wait for a retry.
        var waiting = Enumerable.Range(1, 200).Select(i => _recorder.RecordAsync(Entry(i == 40 ? 0 : i))).ToArray();
        hold.SetResult();
        await other;
        var written = await Task.WhenAll(waiting).WaitAsync(Eventually.Deadline);
        Assert.That(written.Select((isWritten, i) => (isWritten, Number: i + 1)).Where(result => !result.isWritten).Select(result => result.Number), Is.EqualTo(new[] { 40 }));
        Assert.That(delayed, Is.EqualTo(new[] { Entry(0).Target }));
        Assert.That(_recorder.Problem, Is.Null);
        Assert.That(await TargetsAsync(), Is.EqualTo(Enumerable.Range(0, 201).Select(i => i == 40 ? "" : Entry(i).Target)));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: AuditRecorder.Unwritable), long.MaxValue, 10);
        Assert.That(entries.Select(entry => entry.Event.Details), Is.EqualTo(new[] { """{"action":"test.write"}""" }));
        Assert.That((await new AuditLog(Control).VerifyAsync()).Problem, Is.Null);
    }

    [Test]
    public async Task Entries_are_queued_while_the_database_is_unavailable()
    {
        var delayed = new List<string>();
        _recorder.OnDelayed = (entry, _) => delayed.Add(entry.Target);
        await RenameAsync("audit_head", "elsewhere");
        Assert.That(await _recorder.RecordAsync(Entry(1)), Is.False);
        Assert.That(delayed, Is.EqualTo(new[] { Entry(1).Target }));
        await RenameAsync("elsewhere", "audit_head");
        Time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.Is(() => _recorder.Problem is null, "it is written");
        Assert.That(await _recorder.RecordAsync(Entry(2)));
        Assert.That(await TargetsAsync(), Is.EqualTo(new[] { Entry(1).Target, Entry(2).Target }));
    }

    [Test]
    public async Task After_the_stop_no_entry_is_awaited()
    {
        await RenameAsync("audit_head", "elsewhere");
        Assert.That(await _recorder.RecordAsync(Entry(1)), Is.False);
        await _recorder.DisposeAsync();
        Assert.That(await _recorder.RecordAsync(Entry(2)).WaitAsync(Eventually.Deadline), Is.False);
        _recorder = new AuditRecorder(Control);
    }

    [Test]
    public async Task Texts_that_a_database_may_refuse_are_replaced_before_they_are_hashed()
    {
        var text = new string('x', AuditLog.MaxText - 1) + "😀";
        Assert.That(await _recorder.RecordAsync(new AuditEvent("user:1", "test.write", text, Details: "{\"a\":\"\ud83d\"}")));
        Assert.That(await _recorder.RecordAsync(new AuditEvent("user:1", "test.write", "a\0b\udc00😀", "s\ud800hop") { Address = "\ud800" }));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(), long.MaxValue, 2);
        Assert.That((entries[1].Event.Target, entries[1].Event.Details), Is.EqualTo((text[..^2], "{\"a\":\"\uFFFD\"}")));
        Assert.That(entries[0].Event, Is.EqualTo(new AuditEvent("user:1", "test.write", "a\uFFFDb\uFFFD😀", "s\uFFFDhop") { Address = "\uFFFD" }));
        Assert.That((await new AuditLog(Control).VerifyAsync()).Problem, Is.Null);
    }

    [Test]
    public async Task Entries_beyond_the_capacity_are_rejected()
    {
        // Another writer has the database.
        var (hold, held) = (new TaskCompletionSource(), new TaskCompletionSource());
        var other = Control.WriteAsync(async _ =>
        {
            held.SetResult();
            await hold.Task;
        });
        await held.Task;
        var waiting = Enumerable.Range(0, AuditRecorder.Capacity).Select(i => _recorder.RecordAsync(Entry(i))).ToArray();
        Assert.That(Assert.Throws<ControlDatabaseException>(_recorder.EnsureCapacity)!.Code, Is.EqualTo(ControlDatabaseException.Unavailable));
        Assert.Throws<ControlDatabaseException>(() => _ = _recorder.RecordAsync(Entry(0)));
        hold.SetResult();
        await other;
        Assert.That(await Task.WhenAll(waiting), Is.All.True);
        Assert.DoesNotThrow(_recorder.EnsureCapacity);
    }

    [Test]
    public async Task Rejections_in_a_flood_make_few_entries()
    {
        for (var i = 0; i < 1000; i++)
        {
            await _recorder.RefuseAsync(new AuditEvent("user:1", "access.refused", "route:GET /v1/audit", Details: """{"code":"permission_denied"}"""));
        }

        await _recorder.RefuseAsync(new AuditEvent("user:2", "access.refused", "route:GET /v1/audit"));
        Assert.That(await TargetsAsync(), Has.Count.EqualTo(11));
        Time.Advance(EntryQuota.Window);
        await _recorder.RefuseAsync(new AuditEvent("user:1", "access.refused", "", Details: """{"code":"permission_denied"}"""));
        Assert.That((await LastAsync()).Details, Is.EqualTo("""{"counted":990,"code":"permission_denied"}"""));
    }

    [Test]
    public async Task Repeated_reads_within_a_minute_are_counted()
    {
        for (var i = 0; i < 3; i++)
        {
            await _recorder.ReadAsync(new AuditEvent("user:1", "personal_data.read", "route:GET /v1/carts", "shop"));
        }

        await _recorder.ReadAsync(new AuditEvent("user:1", "personal_data.read", "route:GET /v1/carts", "other"));
        Assert.That(await TargetsAsync(), Has.Count.EqualTo(2));
        await _recorder.RecordCountedAsync();
        Assert.That(await LastAsync(), Is.EqualTo(new AuditEvent("user:1", "personal_data.read", "route:GET /v1/carts", "shop", """{"counted":2}""")), "who, what and where");
        await _recorder.RecordCountedAsync();
        Assert.That(await TargetsAsync(), Has.Count.EqualTo(3), "once");
    }

    static AuditEvent Entry(int number) => new("user:1", "test.write", string.Create(CultureInfo.InvariantCulture, $"thing:{number}"));

    Task RenameAsync(string table, string name) => Control.WriteAsync(session => session.RunScriptAsync($"ALTER TABLE {table} RENAME TO {name}"));

    async Task<List<string>> TargetsAsync()
    {
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(), long.MaxValue, 1000);
        entries.Reverse();
        return [.. entries.Select(entry => entry.Event.Target)];
    }

    async Task<AuditEvent> LastAsync() => (await new AuditLog(Control).ListAsync(new AuditFilter(), long.MaxValue, 1))[0].Event;

    Task<long?> WritesAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT SUM(revision) FROM control_changes"));
}
