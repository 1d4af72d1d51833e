namespace CartRecovery.Host.Models;

/// <summary>How a canary serves.</summary>
/// <param name="Version">The id of the candidate's version.</param>
/// <param name="Percent">Its share of the shoppers, 0–100.</param>
/// <param name="IsAutomatic">Whether guardrails step it up; they roll it back in any case.</param>
/// <param name="Champion">The id of the champion when it began: what a rollback gives the shoppers back to.</param>
/// <param name="Since">When it began.</param>
/// <param name="By">Who began it, as in the audit log.</param>
/// <param name="ScoreShift">
/// The stability index of its scores against the champion's that its outcomes as a shadow have justified; <see langword="null"/> if none is known.
/// </param>
sealed record CanarySettings(string Version, double Percent, bool IsAutomatic, string Champion, DateTimeOffset Since, string By, double? ScoreShift = null);
