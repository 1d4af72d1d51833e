namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A backtest of a version of a campaign.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="Version">The version.</param>
/// <param name="Store">The id of the store whose carts are replayed.</param>
/// <param name="From">The start of the period, inclusive.</param>
/// <param name="To">The end of the period, exclusive.</param>
/// <param name="Model">The file name of a model in the folder of the configured one; <see langword="null"/> for the model in force.</param>
/// <param name="State">The state.</param>
/// <param name="By">The actor who requested it, as in the audit log.</param>
/// <param name="RequestedAt">When it was requested.</param>
/// <param name="StartedAt">When it started; <see langword="null"/> before.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Percent">The progress, 0–100.</param>
/// <param name="Attempts">Number of attempts.</param>
/// <param name="Problem">Why it failed.</param>
/// <param name="Result">The result, as JSON.</param>
public sealed record CampaignBacktest(
    long Id, string Campaign, long Version, string Store, DateTimeOffset From, DateTimeOffset To, string? Model, string State, string By, DateTimeOffset RequestedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, int Percent, int Attempts, string? Problem, string? Result)
{
    /// <summary>A value of <see cref="State"/>.</summary>
    public const string Waiting = "waiting", Running = "running", Succeeded = "succeeded", Failed = "failed", Cancelled = "cancelled";
}
