using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Host.Composition;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Hosting;

public sealed class ControlUpkeepTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    [Test]
    public async Task A_failure_of_whatever_kind_costs_neither_the_next_run_nor_the_stop_and_is_logged_once()
    {
        var (calls, log) = (0, new LogLines());
        CartRecoveryConfig Config()
        {
            Interlocked.Increment(ref calls);
            throw new InvalidDataException("a bug");
        }

        await using (var upkeep = new ControlUpkeep(Control, new AuditRecorder(Control), Config, Time, log) { Interval = TimeSpan.FromMilliseconds(10) })
        {
            upkeep.Start();
            await Eventually.Is(() => Volatile.Read(ref calls) >= 3, "it is tried again");
        }

        Assert.That(log.AtLeast(LogLevel.Warning), Has.Count.EqualTo(1).And.Some.Contains("a bug"));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM signing_keys")), Is.GreaterThan(0), "the other steps go on");
    }

    [Test]
    public async Task The_head_of_the_audit_log_is_logged_at_the_start_daily_and_at_the_stop()
    {
        var (runs, log) = (0, new LogLines());
        CartRecoveryConfig Config()
        {
            Interlocked.Increment(ref runs);
            return new CartRecoveryConfig();
        }

        async Task RunsAsync()
        {
            var before = Volatile.Read(ref runs);
            await Eventually.Is(() => Volatile.Read(ref runs) >= before + 3, "it runs");
        }

        int Heads() => log.AtLeast(LogLevel.Information).Count(line => line.Contains("The audit log's last entry is 1:", StringComparison.Ordinal));
        await using (var upkeep = new ControlUpkeep(Control, new AuditRecorder(Control), Config, Time, log) { Interval = TimeSpan.FromMilliseconds(10) })
        {
            upkeep.Start();
            await RunsAsync();
            Assert.That(Heads(), Is.EqualTo(1), "at the start");
            Time.Advance(TimeSpan.FromHours(24));
            await RunsAsync();
            Assert.That(Heads(), Is.EqualTo(2), "after a day");
        }

        Assert.That(Heads(), Is.EqualTo(3), "at the stop");
    }

    [Test]
    public async Task Changes_that_are_not_noticed_are_logged_once()
    {
        var log = new LogLines();
        await using var upkeep = new ControlUpkeep(Control, new AuditRecorder(Control), () => new CartRecoveryConfig(), Time, log);
        upkeep.Start();
        Control.Changes.Follow("people", _ => throw new KeyNotFoundException("a bug"));
        await Control.Changes.RefreshAsync();
        await Control.Changes.RefreshAsync();
        Assert.That(log.AtLeast(LogLevel.Error), Has.Count.EqualTo(1).And.Some.Contains("a bug"));
    }
}
