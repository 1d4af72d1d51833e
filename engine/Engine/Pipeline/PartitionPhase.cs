namespace CartRecovery.Engine.Pipeline;

/// <summary>What a worker does with a partition.</summary>
enum PartitionPhase
{
    /// <summary>It has not had its first turn.</summary>
    Starting,

    /// <summary>It is served when an item arrives or something is due.</summary>
    Serving,

    /// <summary>A batch fills; its next items need not wake the worker.</summary>
    Gathering,

    /// <summary>Its inbox is done; the last commit and the last checkpoint are not.</summary>
    Finishing,

    /// <summary>It is served no longer.</summary>
    Ended,
}
