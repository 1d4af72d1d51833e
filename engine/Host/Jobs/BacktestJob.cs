using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Backtests;

namespace CartRecovery.Host.Jobs;

/// <summary>Executes requested backtests, one after another.</summary>
static class BacktestJob
{
    public static JobDefinition Definition { get; } = new(
        BacktestStore.Job, "Backtests campaigns on request (POST /v1/campaigns/{name}/backtest).", JobSchedule.Off,
        (BacktestStore.MaxOpen + 1) * CampaignBacktests.MaxTime, (job, stop) => job.Service<CampaignBacktests>().RunAsync(job, stop))
    {
        PerEngine = true,
    };
}
