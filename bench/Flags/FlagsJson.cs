using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Bench.Flags;

/// <summary>JSON metadata for definitions of flags.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FlagDefinition))]
sealed partial class FlagsJson : JsonSerializerContext;
