namespace CartRecovery.Host.Api.Flags;

/// <summary>Why no flag was evaluated.</summary>
/// <param name="ErrorCode">PARSE_ERROR, INVALID_CONTEXT or GENERAL.</param>
/// <param name="ErrorDetails">The problem and its remedy.</param>
sealed record OfrepBulkFailure(string ErrorCode, string ErrorDetails);
