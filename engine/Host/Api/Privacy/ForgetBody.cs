namespace CartRecovery.Host.Api.Privacy;

/// <summary>How a person is forgotten.</summary>
/// <param name="Mode">delete: nothing stays. anonymise: amounts and days of orders stay for the reports, without anything that says whose they were. Default: `delete`.</param>
/// <param name="Reason">Why, such as a ticket's number: at most 200 characters, which must not name the person. It is in the receipt.</param>
sealed record ForgetBody(string? Mode = null, string? Reason = null);
