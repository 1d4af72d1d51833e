using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Insights;
using CartRecovery.Host.Learning;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>Declares the metrics of jobs.</summary>
static class JobMetrics
{
    public static void Declare(MetricRegistry registry, JobScheduler jobs, DataQuality quality, DriftWatch drift, Retraining retraining, ShadowWatch shadows)
    {
        registry.Gauge("cartrecovery_model_drift", "Stores in which the model's features, its score or its concept had drifted when the job drift last looked, by kind", ["kind"],
            () => DriftWatch.Kinds.Select(kind => new Sample(drift.StoresWith(kind), kind)));
        registry.Counter("cartrecovery_model_trainings_total", "Trainings on the journal, by whether the candidate was accepted", ["outcome"],
            () => retraining.Trainings.Select(one => new Sample(one.Count, one.Outcome)));
        registry.Counter("cartrecovery_model_shadow_evaluations_total", "Evaluations of shadows and the canary on the outcomes of carts, by verdict", ["verdict"],
            () => shadows.Verdicts.Select(one => new Sample(one.Count, one.Verdict)));
        registry.Gauge("cartrecovery_data_quality_exceeded", "Stores whose events exceeded a limit of dataQuality in the last hour that was measured, by check", ["check"],
            () => DataQuality.Checks.Select(check => new Sample(quality.ExceededBy(check), check)));
        registry.Counter("cartrecovery_job_runs_total", "Runs of jobs by this engine, by outcome", ["job_name", "outcome"],
            () => jobs.Definitions.SelectMany(job => JobOutcome.OfRuns.Select(outcome => new Sample(jobs.CountOf(job.Name, outcome), job.Name, outcome))));
        registry.Gauge("cartrecovery_job_last_success_timestamp_seconds", "When a run of the job last succeeded, in seconds since 1970; on whichever engine", ["job_name"],
            () => jobs.Jobs.Where(job => job.LastSuccessAt is not null).Select(job => new Sample(job.LastSuccessAt!.Value.ToUnixTimeMilliseconds() / 1000.0, job.Name)));
        registry.Gauge("cartrecovery_job_duration_seconds", "How long the job's last run took, in seconds", ["job_name"],
            () => jobs.Jobs.Where(job => job.Last is not null).Select(job => new Sample(job.Last!.Value.Took.TotalSeconds, job.Name)));
        registry.Gauge("cartrecovery_job_late", "1 while a run of the job is due for more than five minutes and has not begun", ["job_name"],
            () => jobs.Jobs.Select(job => new Sample(jobs.IsLate(job) ? 1 : 0, job.Name)));
        registry.Gauge("cartrecovery_job_overdue", "1 while a run of the job in this engine was asked to end for more than 30 seconds, and goes on", ["job_name"],
            () => jobs.Jobs.Select(job => new Sample(jobs.IsOverdue(job) ? 1 : 0, job.Name)));
        registry.Gauge("cartrecovery_job_failed", "1 if the job's last run failed and no retry follows", ["job_name"],
            () => jobs.Jobs.Select(job => new Sample(JobScheduler.FailureOf(job) is null ? 0 : 1, job.Name)));
    }
}
