namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>The kinds of usage.</summary>
public enum UsageKind
{
    /// <summary>Received events, counted by day.</summary>
    Events,

    /// <summary>Messages handed to a sink, counted by month.</summary>
    Messages,
}
