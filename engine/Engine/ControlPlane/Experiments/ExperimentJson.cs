using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>JSON metadata of experiments in the control database.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExperimentDefinition))]
[JsonSerializable(typeof(List<Allocation>))]
sealed partial class ExperimentJson : JsonSerializerContext;
