using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>JSON metadata for what the control database keeps of experiments.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExperimentDefinition))]
[JsonSerializable(typeof(List<Allocation>))]
sealed partial class ExperimentJson : JsonSerializerContext;
