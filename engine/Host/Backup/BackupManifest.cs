using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Backup;

/// <summary>The contents of a backup.</summary>
/// <param name="Version">The version of the format.</param>
/// <param name="Id">The backup's id: its start time in UTC.</param>
/// <param name="At">When the journals were read. The backup contains everything that was acknowledged before.</param>
/// <param name="Program">The program's version.</param>
/// <param name="Files">The files.</param>
sealed record BackupManifest(int Version, string Id, DateTime At, string Program, IReadOnlyList<BackupFile> Files)
{
    /// <summary>The version of the format that this program writes.</summary>
    public const int CurrentVersion = 1;

    // In hexadecimal digits.
    const int BlobLength = 32;

    /// <summary>The sum of the files' lengths, in bytes.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Length);

    /// <summary>Encodes the manifest as JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest);

    /// <summary>Decodes and validates a manifest.</summary>
    /// <exception cref="InvalidDataException">It is damaged, of another version, or has invalid ids or paths.</exception>
    public static BackupManifest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(json, BackupJson.Default.BackupManifest);
            return manifest is not { Version: CurrentVersion, Files: not null }
                ? throw new InvalidDataException($"the manifest has version {manifest?.Version}; this program reads version {CurrentVersion}")
                : ProblemOf(manifest) is { } problem ? throw new InvalidDataException($"the manifest is damaged: {problem}") : manifest;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the manifest is damaged: {e.Message}", e);
        }
    }

    // Ids and names become paths, and anyone who can write an unencrypted backup folder can choose them.
    static string? ProblemOf(BackupManifest manifest)
    {
        if (!BackupId.IsValid(manifest.Id))
        {
            return $"'{manifest.Id}' is not the id of a backup";
        }

        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in manifest.Files)
        {
            if (file is null || !IsRelative(file.Path))
            {
                return $"'{file?.Path}' is not a path in a data folder";
            }

            if (!paths.Add(file.Path))
            {
                return $"'{file.Path}' occurs twice";
            }

            if (file.Blob is not { Length: BlobLength } blob || !blob.All(char.IsAsciiHexDigitLower))
            {
                return $"'{file.Blob}' is not the name of a blob";
            }
        }

        return null;
    }

    static bool IsRelative(string? path) =>
        path is not null && !path.Contains('\\') && !path.Contains('\0') && !Path.IsPathRooted(path) && path.Split('/').All(part => part is not ("" or "." or ".."));
}
