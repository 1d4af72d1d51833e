namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A version of a campaign.</summary>
/// <param name="Number">The version's number, from 1.</param>
/// <param name="Draft">Its content.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
/// <param name="ApprovedBy">The user who approved it; <see langword="null"/> if it is not approved.</param>
public sealed record CampaignVersion(long Number, CampaignDraft Draft, DateTimeOffset At, string By, string? ApprovedBy);
