namespace CartRecovery.Host.Api.Analytics;

/// <summary>Messages of a campaign withheld for a reason.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Count">The number of messages.</param>
sealed record ReasonRow(string Campaign, string Channel, string Reason, long Count);
