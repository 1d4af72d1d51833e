using System.Text.Json.Serialization;

namespace CartRecovery.Plugins;

/// <summary>JSON metadata for a service account's file and for the responses of the token endpoint and the API.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ServiceAccount))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(FcmResponse))]
sealed partial class PushJson : JsonSerializerContext;

/// <summary>A service account's file.</summary>
sealed record ServiceAccount(string? ProjectId, string? PrivateKeyId, string? PrivateKey, string? ClientEmail, string? TokenUri);

/// <summary>The token endpoint's response.</summary>
/// <param name="AccessToken">The token.</param>
/// <param name="ExpiresIn">Its lifetime in seconds.</param>
sealed record TokenResponse(string? AccessToken, int ExpiresIn);

/// <summary>The API's response.</summary>
sealed record FcmResponse(FcmError? Error);

/// <summary>Why the API rejected a message.</summary>
sealed record FcmError(string? Status, FcmDetail[]? Details);

/// <summary>The FCM error code in an error's details; the API writes this name in camel case.</summary>
sealed record FcmDetail([property: JsonPropertyName("errorCode")] string? ErrorCode);
