using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Settings;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Settings;

/// <summary>Versions of the settings and scheduled changes in both databases.</summary>
public sealed class SettingsStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    SettingsStore _store = null!;

    [SetUp]
    public void SetUp() => _store = new SettingsStore(Control);

    [Test]
    public async Task Versions_are_numbered_kept_and_in_the_audit_log()
    {
        Assert.That((await _store.HeadAsync()).Number, Is.Zero);
        Assert.That(await _store.AddAsync(Write(0, """{"limits":{"batch":5}}""")), Is.EqualTo(1));
        Assert.That(await _store.AddAsync(Write(1, "{}") with { Action = "config.rollback", Target = "", Reason = "it was \"wrong\"" }), Is.EqualTo(2));
        var versions = await _store.ListAsync(long.MaxValue, 10);
        Assert.That(versions.Select(version => (version.Number, version.Overlay, version.By)), Is.EqualTo(new[] { (2L, "{}", "user:1"), (1, """{"limits":{"batch":5}}""", "user:1") }));
        Assert.That((await _store.FindAsync(1))!.At, Is.EqualTo(Time.GetUtcNow()));
        Assert.That(((await _store.FindAsync(0))!.Overlay, await _store.FindAsync(3)), Is.EqualTo(("{}", (SettingsVersion?)null)));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "config."), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Target, entry.Event.Details)), Is.EqualTo(new[]
        {
            ("config.rollback", "config", """{"version":2,"reason":"it was \u0022wrong\u0022"}"""), ("config.change", "config:limits.batch", """{"version":1,"reason":"smaller"}"""),
        }));
    }

    [Test]
    public async Task One_of_two_concurrent_changes_of_a_version_wins()
    {
        await using var other = await OpenAsync();
        var both = await Task.WhenAll(_store.AddAsync(Write(0, """{"a":1}""")), new SettingsStore(other).AddAsync(Write(0, """{"a":2}""")));
        Assert.That(both, Is.EquivalentTo(new long?[] { 1, null }));
        Assert.That(await _store.AddAsync(Write(0, "{}")), Is.Null, "a number that is taken");
        Assert.That(await _store.AddAsync(Write(5, "{}")), Is.Null, "a gap");
    }

    [Test]
    public async Task A_bounded_number_of_versions_is_kept()
    {
        // As if the others had been made: the rule is by number.
        await Control.WriteAsync(session => session.RunAsync(
            $"INSERT INTO settings_versions (number, created_at, created_by, reason, overlay, changes) VALUES ({1L}, {0L}, {"cli"}, {""}, {"{}"}, {"[]"}), ({(long)SettingsStore.MaxVersions}, {0L}, {"cli"}, {""}, {"{}"}, {"[]"})"));
        Assert.That(await _store.AddAsync(Write(SettingsStore.MaxVersions, "{}")), Is.EqualTo(SettingsStore.MaxVersions + 1));
        Assert.That(await _store.FindAsync(1), Is.Null);
        Assert.That(await _store.FindAsync(SettingsStore.MaxVersions), Is.Not.Null);
    }

    [Test]
    public async Task A_scheduled_change_is_made_cancelled_or_fails_once()
    {
        foreach (var id in new[] { "a", "b", "c" })
        {
            Assert.That(await _store.ScheduleAsync(Change(id), "192.0.2.1"));
        }

        Assert.That((await _store.StateAsync()).Pending.Select(change => change.Id), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(await _store.AddAsync(Write(0, """{"limits":{"batch":5}}""") with { Scheduled = "a" }), Is.EqualTo(1));
        Assert.That(await _store.AddAsync(Write(1, """{"limits":{"batch":6}}""") with { Scheduled = "a" }), Is.Null, "it is made already");
        Assert.That((await _store.HeadAsync()).Number, Is.EqualTo(1), "nothing of a refused change remains");
        Assert.That(await _store.CancelAsync("b", "user:2", address: null));
        Assert.That(await _store.CancelAsync("b", "user:2", address: null), Is.False);
        Assert.That(await _store.FailAsync("c", "it does not fit"));
        Assert.That(await _store.CancelAsync("a", "user:2", address: null), Is.False);
        Assert.That((await _store.ListScheduledAsync()).Select(change => (change.Id, change.State, change.Version, change.Problem)), Is.EquivalentTo(new (string, string, long?, string?)[]
        {
            ("a", "applied", 1, null), ("b", "cancelled", null, null), ("c", "failed", null, "it does not fit"),
        }));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "config."), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Actor)), Is.EqualTo(new[]
        {
            ("config.schedule_failed", "engine"), ("config.cancel", "user:2"), ("config.change", "user:1"), ("config.schedule", "user:1"), ("config.schedule", "user:1"), ("config.schedule", "user:1"),
        }));
    }

    [Test]
    public async Task The_number_of_pending_changes_is_bounded()
    {
        for (var i = 0; i < SettingsStore.MaxPending; i++)
        {
            await _store.ScheduleAsync(Change($"{i}"), address: null);
        }

        Assert.That(await _store.ScheduleAsync(Change("more"), address: null), Is.False);
    }

    SettingsWrite Write(long after, string overlay) => new(after, overlay, "[]", "config.change", "limits.batch", "user:1", "smaller");

    ScheduledSettings Change(string id) => new(id, Time.GetUtcNow().AddHours(1), Time.GetUtcNow(), "user:1", "", "set", "limits.batch", "5", ScheduledSettings.Pending, Problem: null, Version: null);
}
