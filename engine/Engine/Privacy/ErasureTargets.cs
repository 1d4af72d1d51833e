using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Exports.Archive;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys;

namespace CartRecovery.Engine.Privacy;

/// <summary>The parts of the engine with personal data. Immutable.</summary>
public sealed record ErasureTargets
{
    /// <summary>The data folder's id, which selects the requests.</summary>
    public required string Folder { get; init; }

    /// <summary>The engine's version, for receipts.</summary>
    public required string Version { get; init; }

    /// <summary>The stores.</summary>
    public required StoreDirectory Stores { get; init; }

    /// <summary>The worker of the journeys, which writes their database.</summary>
    public required JourneyWorker Journeys { get; init; }

    /// <summary>The file of the journeys' database.</summary>
    public required string Database { get; init; }

    /// <summary>The journals.</summary>
    public required PersonJournal Journal { get; init; }

    /// <summary>The dead letters.</summary>
    public required DeadLetterStore DeadLetters { get; init; }

    /// <summary>The queue of dead letters that are not written yet.</summary>
    public required DeadLetterQueue DeadLetterQueue { get; init; }

    /// <summary>The sinks, which may have unsent messages.</summary>
    public required SinkSet Sinks { get; init; }

    /// <summary>Waits until all events decoded so far are processed, including by the journeys.</summary>
    public required Func<CancellationToken, Task> SettleAsync { get; init; }

    /// <summary>Erases from the partitions; <see langword="null"/> to rely on the journal's retention.</summary>
    public IPartitionErasure? Partitions { get; init; }

    /// <summary>The archives of events; <see langword="null"/> if there are none.</summary>
    public EventArchives? Archives { get; init; }

    /// <summary>The reports of reconciliations; <see langword="null"/> if there are none.</summary>
    public ReconciliationStore? Reconciliations { get; init; }

    /// <summary>
    /// Replaces all backups in every destination by a new one; returns the number of destinations. <see langword="null"/> if there are no
    /// backups.
    /// </summary>
    public Func<CancellationToken, Task<int>>? RenewBackupsAsync { get; init; }
}
