using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Insights;

namespace CartRecovery.Host.Jobs;

/// <summary>Jobs that measure the shops' events.</summary>
static class InsightJobs
{
    /// <summary>Measures the quality of events.</summary>
    public static JobDefinition DataQuality { get; } = new(
        "data-quality", "Checks the last hour's events for missing and implausible values, and warns if a limit of dataQuality is exceeded.", "11 * * * *", TimeSpan.FromMinutes(10),
        [
            new JobStep("measure", (job, stop) => job.Service<DataQuality>().MeasureAsync(job, stop)),
            new JobStep("warn", (job, _) =>
            {
                job.Service<DataQuality>().Warn(job);
                return Task.CompletedTask;
            }, "measure"),
        ])
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
    };

    /// <summary>Measures the distributions of features.</summary>
    public static JobDefinition Features { get; } = new(
        "feature-stats", "Measures the distributions of the features of the last day's carts.", "40 3 * * *", TimeSpan.FromMinutes(30),
        (job, stop) => job.Service<FeatureProfiles>().MeasureAsync(job, stop))
    {
        PerEngine = true,
    };
}
