using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Insights;

namespace CartRecovery.Host.Jobs;

/// <summary>Jobs that look at what the shops send.</summary>
static class InsightJobs
{
    /// <summary>Measures the quality of events.</summary>
    public static JobDefinition DataQuality { get; } = new(
        "data-quality", "Checks the events of the last hour for what is missing or wrong, and warns of what exceeds dataQuality.", "11 * * * *", TimeSpan.FromMinutes(10),
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

    /// <summary>Measures how features are distributed.</summary>
    public static JobDefinition Features { get; } = new(
        "feature-stats", "Measures how the features of the last day's carts are distributed.", "40 3 * * *", TimeSpan.FromMinutes(30),
        (job, stop) => job.Service<FeatureProfiles>().MeasureAsync(job, stop))
    {
        PerEngine = true,
    };
}
