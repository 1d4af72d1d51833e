using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Learning;

namespace CartRecovery.Host.Jobs;

/// <summary>Jobs that look after the model.</summary>
static class LearningJobs
{
    /// <summary>Looks for drift.</summary>
    public static JobDefinition Drift { get; } = new(
        "drift", "Compares the model's features, scores and outcomes with those of its reference, and warns if they have drifted.", "10 4 * * *", TimeSpan.FromHours(1),
        (job, stop) => job.Service<DriftWatch>().RunAsync(job, stop))
    {
        PerEngine = true,
    };
}
