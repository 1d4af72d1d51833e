using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Backtests;

namespace CartRecovery.Host.Jobs;

/// <summary>Runs the backtests that users asked for, one after another.</summary>
static class BacktestJob
{
    public static JobDefinition Definition { get; } = new(
        BacktestStore.Job, "Tries campaigns on the journal, when users ask for it (POST /v1/campaigns/{name}/backtest).", JobSchedule.Off,
        (BacktestStore.MaxOpen + 1) * CampaignBacktests.MaxTime, (job, stop) => job.Service<CampaignBacktests>().RunAsync(job, stop))
    {
        PerEngine = true,
    };
}
