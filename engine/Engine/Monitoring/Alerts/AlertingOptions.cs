namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>Times and bounds of alerting.</summary>
public sealed record AlertingOptions
{
    /// <summary>The least time between two messages of the same alert, in milliseconds.</summary>
    public long ResendDelay { get; init; } = 60_000;

    /// <summary>How long a resolved alert is kept and sent again, in milliseconds.</summary>
    public long ResolvedRetention { get; init; } = 15 * 60_000;

    /// <summary>The longest downtime after which a pending alert goes on pending, in milliseconds.</summary>
    public long OutageTolerance { get; init; } = 60 * 60_000;

    /// <summary>How many alerts a rule may have without a limit of its group.</summary>
    public int MaxAlertsPerRule { get; init; } = 100_000;

    /// <summary>The address of this engine, for links.</summary>
    public string ExternalUrl { get; init; } = "";
}
