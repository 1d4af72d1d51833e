namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A backtest of a campaign's version: waiting, running or ended.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="Version">The version.</param>
/// <param name="Store">The id of the store whose carts it decides on.</param>
/// <param name="From">The first moment of the period.</param>
/// <param name="To">The first moment after it.</param>
/// <param name="Model">The model's file beside the configured one; <see langword="null"/> for that in force.</param>
/// <param name="State">One of the states.</param>
/// <param name="By">Who asked for it, as in the audit log.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="StartedAt">When it began; <see langword="null"/> while it waits.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Percent">How far it is, 0–100.</param>
/// <param name="Attempts">How often it was begun.</param>
/// <param name="Problem">Why it failed.</param>
/// <param name="Result">What it found, as JSON.</param>
public sealed record CampaignBacktest(
    long Id, string Campaign, long Version, string Store, DateTimeOffset From, DateTimeOffset To, string? Model, string State, string By, DateTimeOffset RequestedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, int Percent, int Attempts, string? Problem, string? Result)
{
    /// <summary>A state.</summary>
    public const string Waiting = "waiting", Running = "running", Succeeded = "succeeded", Failed = "failed", Cancelled = "cancelled";
}
