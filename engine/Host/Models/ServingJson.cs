using System.Text.Json.Serialization;

namespace CartRecovery.Host.Models;

/// <summary>JSON of the serving settings' file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServingSettings))]
sealed partial class ServingJson : JsonSerializerContext;
