namespace CartRecovery.Host.Api.Tracking;

/// <summary>An event of a message.</summary>
/// <param name="Type">delivered, opened, clicked, dismissed, unsubscribed, bounced or complained.</param>
/// <param name="At">When it happened; now if absent.</param>
sealed record TrackBody(string? Type = null, DateTimeOffset? At = null);
