using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Host.Composition;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Hosting;

public sealed class AuditWitnessTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    [Test]
    public async Task The_head_of_the_audit_log_is_logged_at_the_start_by_the_job_and_at_the_stop()
    {
        var log = new LogLines();
        int Heads(int number) => log.AtLeast(LogLevel.Information).Count(line => line.Contains($"The audit log's last entry is {number}:", StringComparison.Ordinal));
        await new AuditLog(Control).RecordAsync(new AuditEvent("cli", "test.one", ""));
        await using (var witness = new AuditWitness(Control, new AuditRecorder(Control), log))
        {
            await witness.StartAsync();
            Assert.That(Heads(1), Is.EqualTo(1), "at the start");
            await witness.LogHeadAsync();
            Assert.That(Heads(1), Is.EqualTo(2), "by the job");
            await new AuditLog(Control).RecordAsync(new AuditEvent("cli", "test.two", ""));
        }

        Assert.That(Heads(2), Is.EqualTo(1), "at the stop");
    }

    [Test]
    public async Task A_database_that_fails_keeps_the_engine_from_neither_starting_nor_stopping()
    {
        var log = new LogLines();
        await Control.WriteAsync(session => session.RunAsync($"DELETE FROM audit_head"));
        await using (var witness = new AuditWitness(Control, new AuditRecorder(Control), log))
        {
            await witness.StartAsync();
        }

        Assert.That(log.AtLeast(LogLevel.Warning), Has.Count.EqualTo(2).And.All.Contains("the audit log has no end"));
    }

    [Test]
    public async Task Changes_that_are_not_noticed_are_logged_once()
    {
        var log = new LogLines();
        await using var witness = new AuditWitness(Control, new AuditRecorder(Control), log);
        await witness.StartAsync();
        Control.Changes.Follow("people", _ => throw new KeyNotFoundException("a bug"));
        await Control.Changes.RefreshAsync();
        await Control.Changes.RefreshAsync();
        Assert.That(log.AtLeast(LogLevel.Error), Has.Count.EqualTo(1).And.Some.Contains("a bug"));
    }
}
