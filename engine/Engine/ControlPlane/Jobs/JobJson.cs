using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>JSON of job settings in the control database.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JobSettings))]
[JsonSerializable(typeof(JobOverrides))]
sealed partial class JobJson : JsonSerializerContext
{
    public static string Write(JobSettings settings) => JsonSerializer.Serialize(settings, Default.JobSettings);

    public static string Write(JobOverrides changes) => JsonSerializer.Serialize(changes, Default.JobOverrides);

    public static JobSettings ReadSettings(string json) => JsonSerializer.Deserialize(json, Default.JobSettings)!;

    public static JobOverrides ReadOverrides(string json) => JsonSerializer.Deserialize(json, Default.JobOverrides)!;
}
