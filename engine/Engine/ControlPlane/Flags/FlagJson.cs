using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>JSON metadata for what the control database keeps of flags.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FlagDefinition))]
sealed partial class FlagJson : JsonSerializerContext;
