using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Contracts;

/// <summary>Source-generated JSON metadata: camelCase names, lower-case actions, times in UTC with <c>Z</c>, nulls left out.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(Intervention))]
public sealed partial class ContractsJson : JsonSerializerContext;
