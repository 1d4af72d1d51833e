namespace CartRecovery.Host.Api.Flags;

/// <summary>Why a flag has no value.</summary>
/// <param name="Key">The flag's key.</param>
/// <param name="ErrorCode">PARSE_ERROR, TARGETING_KEY_MISSING, INVALID_CONTEXT, GENERAL, or with 404 FLAG_NOT_FOUND.</param>
/// <param name="ErrorDetails">The problem and its remedy.</param>
sealed record OfrepFailure(string Key, string ErrorCode, string ErrorDetails);
