namespace CartRecovery.Host.Api.Access;

/// <summary>Route metadata: the answer has personal data. A user needs the permission to see it, and that it was read is in the audit log.</summary>
/// <param name="IsMasked">Whether a user without the permission gets the answer with the data masked, and is not refused.</param>
sealed record ShowsPersonalData(bool IsMasked = false);
