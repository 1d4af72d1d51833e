using System.Text.Json.Serialization;

namespace CartRecovery.Host.Backup;

/// <summary>JSON metadata of manifests.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BackupManifest))]
sealed partial class BackupJson : JsonSerializerContext;
