namespace CartRecovery.Host.Api.Flags;

/// <summary>Why no flag was evaluated.</summary>
/// <param name="ErrorCode">PARSE_ERROR, INVALID_CONTEXT or GENERAL.</param>
/// <param name="ErrorDetails">What is wrong, and what to do.</param>
sealed record OfrepBulkFailure(string ErrorCode, string ErrorDetails);
