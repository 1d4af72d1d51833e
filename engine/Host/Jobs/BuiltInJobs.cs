using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Host.Jobs;

/// <summary>Lists the engine's jobs. To add a job, write its definition and add it here.</summary>
static class BuiltInJobs
{
    public static IReadOnlyList<JobDefinition> All { get; } =
        [UpkeepJob.Definition, AuditJobs.Counts, AuditJobs.Head, BackupJob.Definition, ArchiveJob.Definition, ReconciliationJob.Definition, ReportJobs.Daily, ReportJobs.Weekly, SlaReportJobs.Daily, SlaReportJobs.Monthly, BacktestJob.Definition, InsightJobs.DataQuality,
        InsightJobs.Features, LearningJobs.Drift, LearningJobs.Retrain, LearningJobs.ShadowEvaluation, HealthChecksJob.Definition];
}
