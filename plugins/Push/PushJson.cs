using System.Text.Json.Serialization;

namespace CartRecovery.Plugins;

/// <summary>What is read of others' JSON: a service account's file, and the answers of the token endpoint and the API.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ServiceAccount))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(FcmAnswer))]
sealed partial class PushJson : JsonSerializerContext;

/// <summary>A service account's file.</summary>
sealed record ServiceAccount(string? ProjectId, string? PrivateKeyId, string? PrivateKey, string? ClientEmail, string? TokenUri);

/// <summary>What the token endpoint answers.</summary>
/// <param name="AccessToken">The token.</param>
/// <param name="ExpiresIn">How long it is good, in seconds.</param>
sealed record TokenAnswer(string? AccessToken, int ExpiresIn);

/// <summary>What the API answers.</summary>
sealed record FcmAnswer(FcmError? Error);

/// <summary>Why the API did not take a message.</summary>
sealed record FcmError(string? Status, FcmDetail[]? Details);

/// <summary>The API's own code among the details of an error; its name is in camel case there.</summary>
sealed record FcmDetail([property: JsonPropertyName("errorCode")] string? ErrorCode);
