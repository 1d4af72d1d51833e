using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Host.Api;
using CartRecovery.Host.Backtests;

namespace CartRecovery.Host.Jobs;

/// <summary>Rotates signing keys and cleans the control database. Cannot be paused: without new keys nobody could sign in.</summary>
static class UpkeepJob
{
    public static JobDefinition Definition { get; } = new(
        "upkeep", "Rotates signing keys, deletes sessions, API keys and entries of the audit log that were kept for long enough, and asks for the job of waiting backtests.", "7 * * * *", TimeSpan.FromMinutes(10),
        [
            new JobStep("signing-keys", (job, stop) => new SigningKeys(job.Service<ControlDatabase>()).RotateAsync(stop)),
            new JobStep("sessions", (job, stop) => new Sessions(job.Service<ControlDatabase>()).CleanAsync(stop)),
            new JobStep("api-keys", (job, stop) => new ApiKeyStore(job.Service<ControlDatabase>()).CleanAsync(stop)),
            new JobStep("audit-log", TrimAsync),
            new JobStep("backtests", (job, stop) => job.Service<CampaignBacktests>().Store.UpkeepAsync(stop)),
        ])
    {
        IsEssential = true,
        AtLeastEvery = TimeSpan.FromDays(1),
    };

    static async Task TrimAsync(JobContext job, CancellationToken stop)
    {
        var kept = job.Service<IEngineState>().Config.Control.AuditRetention.Value;
        var deleted = await new AuditLog(job.Service<ControlDatabase>()).TrimAsync(job.Time.GetUtcNow() - kept, stop);
        if (deleted > 0)
        {
            job.Log($"deleted {deleted} entries of the audit log");
        }
    }
}
