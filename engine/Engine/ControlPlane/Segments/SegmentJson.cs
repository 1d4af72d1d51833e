using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>JSON metadata of segments in the control database and the journal.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SegmentDefinition))]
[JsonSerializable(typeof(List<TargetingCondition>))]
sealed partial class SegmentJson : JsonSerializerContext;
