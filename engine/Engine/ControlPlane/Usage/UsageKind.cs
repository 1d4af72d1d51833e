namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>What is counted.</summary>
public enum UsageKind
{
    /// <summary>Events received, by day.</summary>
    Events,

    /// <summary>Messages handed to a sink, by month.</summary>
    Messages,
}
