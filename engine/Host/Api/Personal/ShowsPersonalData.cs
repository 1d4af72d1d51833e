namespace CartRecovery.Host.Api.Personal;

/// <summary>Route metadata: the answer has personal data. That a user reads it in the clear is recorded in the audit log.</summary>
/// <param name="IsMasked">Whether a user without the permission to see it gets the answer with the data masked, and is not refused.</param>
/// <param name="IsOfCart">Whether only a request that names a cart shows it: the handler refuses or records it, by <see cref="Audit.RequestAudit.AdmitReadAsync"/>.</param>
sealed record ShowsPersonalData(bool IsMasked = false, bool IsOfCart = false);
