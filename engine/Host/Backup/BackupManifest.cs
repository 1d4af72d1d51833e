using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Backup;

/// <summary>What a backup has.</summary>
/// <param name="Version">The format, 1.</param>
/// <param name="Id">The backup's id: when it began, in UTC.</param>
/// <param name="At">When the journals were read: what was acknowledged before is in it.</param>
/// <param name="Program">The version of the program.</param>
/// <param name="Files">Its files.</param>
sealed record BackupManifest(int Version, string Id, DateTime At, string Program, IReadOnlyList<BackupFile> Files)
{
    /// <summary>The present format.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The sum of the files' lengths.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Length);

    /// <summary>Writes it as JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest);

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of a later version.</exception>
    public static BackupManifest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(json, BackupJson.Default.BackupManifest);
            return manifest is { Version: CurrentVersion, Files: not null } ? manifest
                : throw new InvalidDataException($"the manifest has the version {manifest?.Version}, and this program reads {CurrentVersion}");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the manifest is damaged: {e.Message}", e);
        }
    }
}
