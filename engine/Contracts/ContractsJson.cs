using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Contracts;

/// <summary>Source-generated JSON of the contracts: camelCase names, lower-case actions, no nulls.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Intervention))]
public sealed partial class ContractsJson : JsonSerializerContext;
