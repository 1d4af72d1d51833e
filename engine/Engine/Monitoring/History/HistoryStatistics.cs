namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Figures of a history. Counts are since the start.</summary>
public sealed record HistoryStatistics
{
    /// <summary>Series with kept samples.</summary>
    public required int Series { get; init; }

    /// <summary>Samples appended.</summary>
    public required long Appended { get; init; }

    /// <summary>Samples refused, by result.</summary>
    public required IReadOnlyDictionary<AppendResult, long> Refused { get; init; }

    /// <summary>Bytes on disk in use.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of the samples of each level, finest first.</summary>
    public required IReadOnlyList<long> LevelBytes { get; init; }

    /// <summary>Damaged chunks and log rows met. Their samples are missing from answers.</summary>
    public required long Damaged { get; init; }

    /// <summary>Samples that were not persisted in time because the disk failed; a restart loses them.</summary>
    public required long Unlogged { get; init; }

    /// <summary>The last problem with the disk or a damaged chunk, until the next success; <see langword="null"/> if none.</summary>
    public required string? Problem { get; init; }
}
