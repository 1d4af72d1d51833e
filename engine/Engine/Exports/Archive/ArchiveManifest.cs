using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>
/// What an archive has, and up to where the journals are in it. A file counts once the manifest names it, and the manifest is replaced as a whole: so is each change.
/// </summary>
public sealed record ArchiveManifest
{
    /// <summary>The version written, and the latest that can be read.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The version it was written with.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The id of the data folder whose events it has.</summary>
    public required string Folder { get; init; }

    /// <summary>The number of the last batch: no file has a higher one.</summary>
    public long Batch { get; init; }

    /// <summary>Events that were received before this time are in it (ms since 1970 UTC).</summary>
    public long Until { get; init; }

    /// <summary>
    /// Events that were received before this time are in it, in whatever journal they are (ms since 1970 UTC): set when other journals took the place of those that were read.
    /// </summary>
    public long From { get; init; } = long.MinValue;

    /// <summary>The last event of each partition; null for a partition without one.</summary>
    public IReadOnlyList<ArchiveMark?> Marks { get; init; } = [];

    /// <summary>The files.</summary>
    public IReadOnlyList<ArchiveFile> Files { get; init; } = [];
}

/// <summary>JSON of the manifest.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ArchiveManifest))]
sealed partial class ArchiveJson : JsonSerializerContext;
