namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Bounds of what the alert manager keeps.</summary>
public sealed record AlertManagerOptions
{
    /// <summary>How long the history, ended silences and the ledger are kept.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How many alerts the history keeps at most.</summary>
    public int MaxHistory { get; init; } = 200_000;

    /// <summary>How long before its end a silence is announced.</summary>
    public TimeSpan SilenceWarning { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Makes the link by which somebody acknowledges an alert, from the alert's id; null or a null result for none.</summary>
    public Func<string, string?>? AcknowledgeUrl { get; init; }

    /// <summary>The bounds of sending.</summary>
    public NoticeSenderOptions Sending { get; init; } = new();
}
