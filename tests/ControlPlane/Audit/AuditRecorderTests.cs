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
    public async Task An_entry_that_the_database_refuses_is_handed_over_and_does_not_hold_up_others()
    {
        var delayed = new List<string>();
        _recorder.OnDelayed = (entry, _) => delayed.Add(entry.Target);
        await RenameAsync("audit_head", "elsewhere");
        Assert.That(await _recorder.RecordAsync(Entry(1)), Is.False);
        await Eventually.Is(() => _recorder.Problem is null, "it is given up");
        Assert.That(delayed, Is.EqualTo(new[] { Entry(1).Target }));
        await RenameAsync("elsewhere", "audit_head");
        Assert.That(await _recorder.RecordAsync(Entry(2)));
        Assert.That(await TargetsAsync(), Is.EqualTo(new[] { Entry(2).Target }));
    }

    [Test]
    public async Task What_exceeds_the_memory_is_refused()
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
    public async Task Refusals_of_a_flood_are_few_entries()
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
    public async Task Reading_again_within_a_minute_is_counted()
    {
        for (var i = 0; i < 3; i++)
        {
            await _recorder.ReadAsync(new AuditEvent("user:1", "personal_data.read", "route:GET /v1/carts", "shop"));
        }

        await _recorder.ReadAsync(new AuditEvent("user:1", "personal_data.read", "route:GET /v1/carts", "other"));
        Assert.That(await TargetsAsync(), Has.Count.EqualTo(2));
        await _recorder.RecordCountedAsync();
        Assert.That(await LastAsync(), Is.EqualTo(new AuditEvent("engine", "personal_data.read", "", Details: """{"counted":2}""")));
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
