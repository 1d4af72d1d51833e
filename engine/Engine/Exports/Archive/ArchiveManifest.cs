using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>
/// The files of an archive, and the last archived event of each journal. A file is part of the archive once the manifest names it. Each change replaces
/// the manifest atomically.
/// </summary>
public sealed record ArchiveManifest
{
    /// <summary>The format version written, and the latest that can be read.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The format version of this manifest.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The id of the data folder whose events the archive has.</summary>
    public required string Folder { get; init; }

    /// <summary>The number of the last batch.</summary>
    public long Batch { get; init; }

    /// <summary>The archive has the events that were received before this time (ms since 1970 UTC).</summary>
    public long Until { get; init; }

    /// <summary>
    /// Events of any journal that were received before this time are in the archive already (ms since 1970 UTC). Set when the journals were replaced.
    /// </summary>
    public long From { get; init; } = long.MinValue;

    /// <summary>The last event of each partition; null for a partition without one.</summary>
    public IReadOnlyList<ArchiveMark?> Marks { get; init; } = [];

    /// <summary>The files.</summary>
    public IReadOnlyList<ArchiveFile> Files { get; init; } = [];
}

/// <summary>The JSON format of the manifest.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ArchiveManifest))]
sealed partial class ArchiveJson : JsonSerializerContext;
