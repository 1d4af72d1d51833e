using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Jobs;

/// <summary>Jobs of the audit log that each engine runs for itself.</summary>
static class AuditJobs
{
    static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    /// <summary>Records reads and rejections that this process has only counted.</summary>
    public static JobDefinition Counts { get; } = new(
        "audit-counts", "Records reads and refusals that were too many to be recorded one by one.", "13 * * * *", s_timeout, (job, _) => job.Service<AuditRecorder>().RecordCountedAsync())
    {
        PerEngine = true,
    };

    /// <summary>Logs the head of the audit log.</summary>
    public static JobDefinition Head { get; } = new(
        "audit-head", "Logs the number and hash of the audit log's last entry, so that shipped logs prove that nothing was removed.", "0 0 * * *", s_timeout,
        (job, _) => job.Service<AuditWitness>().LogHeadAsync())
    {
        PerEngine = true,
    };
}
