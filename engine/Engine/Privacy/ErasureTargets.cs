using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys;

namespace CartRecovery.Engine.Privacy;

/// <summary>What people are erased from.</summary>
public sealed record ErasureTargets
{
    /// <summary>The data folder's id: the runner takes its requests.</summary>
    public required string Folder { get; init; }

    /// <summary>The engine's version, for receipts.</summary>
    public required string Version { get; init; }

    /// <summary>The configured stores.</summary>
    public required StoreDirectory Stores { get; init; }

    /// <summary>The journeys, and their database.</summary>
    public required JourneyWorker Journeys { get; init; }

    /// <summary>The file of the journeys' database.</summary>
    public required string Database { get; init; }

    /// <summary>The journals.</summary>
    public required PersonJournal Journal { get; init; }

    /// <summary>The dead letters.</summary>
    public required DeadLetterStore DeadLetters { get; init; }

    /// <summary>The dead letters that are not written yet.</summary>
    public required DeadLetterQueue DeadLetterQueue { get; init; }

    /// <summary>The sinks with messages that wait.</summary>
    public required SinkSet Sinks { get; init; }

    /// <summary>Completes once every event that was accepted before is processed, up to the journeys.</summary>
    public required Func<CancellationToken, Task> SettleAsync { get; init; }

    /// <summary>Erases from the partitions; <see langword="null"/> to leave it to the journal's retention.</summary>
    public IPartitionErasure? Partitions { get; init; }

    /// <summary>Replaces the backups in every destination by one that is made now; returns the number of destinations. <see langword="null"/> if there are no backups.</summary>
    public Func<CancellationToken, Task<int>>? RenewBackupsAsync { get; init; }
}
