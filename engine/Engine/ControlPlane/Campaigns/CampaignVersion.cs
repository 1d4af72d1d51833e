namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A version of a campaign.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Draft">What it is.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it, as in the audit log.</param>
/// <param name="ApprovedBy">Who approved it; <see langword="null"/> if nobody did.</param>
public sealed record CampaignVersion(long Number, CampaignDraft Draft, DateTimeOffset At, string By, string? ApprovedBy);
