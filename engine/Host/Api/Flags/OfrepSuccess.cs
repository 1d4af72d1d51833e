using System.Text.Json;

namespace CartRecovery.Host.Api.Flags;

/// <summary>The value of a flag.</summary>
/// <param name="Key">The flag's key.</param>
/// <param name="Reason">STATIC, TARGETING_MATCH, SPLIT, DISABLED or DEFAULT.</param>
/// <param name="Variant">The variant's name.</param>
/// <param name="Value">The variant's value.</param>
/// <param name="Metadata">The flag's version.</param>
sealed record OfrepSuccess(string Key, string Reason, string Variant, JsonElement Value, OfrepMetadata Metadata);
