using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>JSON metadata of templates in the control database.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TemplateDefinition))]
sealed partial class TemplateJson : JsonSerializerContext;
