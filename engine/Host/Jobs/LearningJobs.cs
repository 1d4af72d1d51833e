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

    /// <summary>Trains a model.</summary>
    public static JobDefinition Retrain { get; } = new(
        Retraining.Job, "Trains a model on the journal, and registers it as the shadow if it beats the champion on the newest week.", "40 4 * * 1", TimeSpan.FromHours(4),
        (job, stop) => job.Service<Retraining>().RunAsync(job, stop))
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
    };

    /// <summary>Evaluates shadows.</summary>
    public static JobDefinition ShadowEvaluation { get; } = new(
        ShadowWatch.Job, "Compares shadows and the canary with the champion on the same carts and their outcomes; makes a trained shadow the canary, or withdraws it.", "20 5 * * *",
        TimeSpan.FromHours(1), (job, stop) => job.Service<ShadowWatch>().RunAsync(job, stop))
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
    };
}
