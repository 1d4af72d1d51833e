using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Campaigns;

namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>A backtest of a campaign.</summary>
/// <param name="Id">The backtest's number.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="Version">The version to test.</param>
/// <param name="State">`waiting`, `running`, `succeeded`, `failed` or `cancelled`.</param>
/// <param name="Progress">The progress, in percent.</param>
/// <param name="From">The start of the period.</param>
/// <param name="To">The end of the period, exclusive.</param>
/// <param name="Model">The model's file; null for the one in force.</param>
/// <param name="By">The actor who requested it, as in the audit log.</param>
/// <param name="RequestedAt">When it was requested.</param>
/// <param name="StartedAt">When it started; null before.</param>
/// <param name="EndedAt">When it ended; null before.</param>
/// <param name="Problem">Why it failed; null if it did not.</param>
/// <param name="Result">The result; null in lists, and until it has succeeded.</param>
sealed record BacktestItem(
    long Id, string Campaign, long Version, string State, int Progress, DateTime From, DateTime To, string? Model, string By, DateTime RequestedAt, DateTime? StartedAt, DateTime? EndedAt,
    string? Problem, BacktestResult? Result)
{
    /// <summary>Describes a backtest.</summary>
    public static BacktestItem Of(CampaignBacktest backtest) => new(backtest.Id, backtest.Campaign, backtest.Version, backtest.State, backtest.Percent, backtest.From.UtcDateTime,
        backtest.To.UtcDateTime, backtest.Model, backtest.By, backtest.RequestedAt.UtcDateTime, backtest.StartedAt?.UtcDateTime, backtest.EndedAt?.UtcDateTime, backtest.Problem,
        backtest.Result is { } json ? JsonSerializer.Deserialize(json, ApiJson.Default.BacktestResult) : null);
}
