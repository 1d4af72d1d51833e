namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Bounds of sending notices.</summary>
public sealed record NoticeSenderOptions
{
    /// <summary>How long a try may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The delays between tries; their number bounds the tries. After the last one, the notice is due again after <c>group_interval</c>.</summary>
    public IReadOnlyList<TimeSpan> Delays { get; init; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30)];

    /// <summary>The longest wait that a receiver may ask for.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many notices may be under way at once; further ones wait for the next <c>group_interval</c>.</summary>
    public int MaxInFlight { get; init; } = 100;

    /// <summary>How many notices an integration may begin to send in a minute; further ones wait for the next <c>group_interval</c>.</summary>
    public int PerMinute { get; init; } = 60;
}
