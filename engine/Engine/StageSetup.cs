using CartRecovery.Engine.Control;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Features;
using CartRecovery.Engine.Scoring;

namespace CartRecovery.Engine;

/// <summary>What the stages of every partition share.</summary>
public sealed class StageSetup
{
    public required IReadOnlyList<Store> Stores { get; init; }

    public required OnnxModel Model { get; init; }

    public required CampaignSet Campaigns { get; init; }

    /// <summary>At most one intervention per cart in this time, in milliseconds.</summary>
    public required long WindowMilliseconds { get; init; }

    /// <summary>Rows in a run of the model at the most.</summary>
    public required int BatchRows { get; init; }

    /// <summary>The memory of a partition's carts.</summary>
    public required RecordStoreSize Carts { get; init; }

    /// <summary>The memory of a partition's customers.</summary>
    public required RecordStoreSize Customers { get; init; }

    /// <summary>Idle timers of a partition at the most.</summary>
    public required int Timers { get; init; }

    /// <summary>Where decisions go.</summary>
    public required IInterventionOutlet Outlet { get; init; }

    /// <summary>The folder for records that memory has no room for.</summary>
    public required string DataFolder { get; init; }
}
