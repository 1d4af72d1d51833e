using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Host.Jobs;

/// <summary>The engine's jobs. To add one, write its definition and put it here.</summary>
static class BuiltInJobs
{
    public static IReadOnlyList<JobDefinition> All { get; } = [UpkeepJob.Definition, AuditJobs.Counts, AuditJobs.Head, BackupJob.Definition];
}
