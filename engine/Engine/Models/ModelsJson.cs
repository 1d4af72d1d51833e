using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Models;

/// <summary>JSON metadata of the registry's files. Golden rows may have values that are not numbers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ModelManifest))]
[JsonSerializable(typeof(ModelAliasFile))]
sealed partial class ModelsJson : JsonSerializerContext;
