namespace CartRecovery.Host.Api.Privacy;

/// <summary>Options of an erasure.</summary>
/// <param name="Mode">delete: nothing stays. anonymise: amounts and days of orders stay for reports, without identifiers. Default:
/// `delete`.</param>
/// <param name="Reason">The reason, such as a ticket's number: at most 200 characters, without personal data. It is in the receipt.</param>
sealed record ForgetBody(string? Mode = null, string? Reason = null);
