namespace CartRecovery.Host.Api.Personal;

/// <summary>Metadata of a route whose response has personal data. The audit log records that a user reads it in the clear.</summary>
/// <param name="IsMasked">Whether users without the permission receive masked data; otherwise their requests are rejected.</param>
/// <param name="IsOfCart">Whether only some requests show personal data, such as those that name a cart. The handler then calls <see
/// cref="Audit.RequestAudit.AdmitReadAsync"/>.</param>
sealed record ShowsPersonalData(bool IsMasked = false, bool IsOfCart = false);
