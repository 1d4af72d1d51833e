namespace CartRecovery.Engine.Backtest;

/// <summary>What a replay decides on, and what it may use.</summary>
public sealed record ReplayScope
{
    /// <summary>Everything, without bounds: for a command that has the machine.</summary>
    public static ReplayScope All { get; } = new();

    /// <summary>The only store whose carts are folded and decided on; <see langword="null"/> for all.</summary>
    public (int Number, string Id)? Store { get; init; }

    /// <summary>Maximum number of original decisions, of replayed ones, and of carts with orders; more end the replay.</summary>
    public int MaxDecisions { get; init; } = int.MaxValue;

    /// <summary>Lets the replay rest between the journal's entries; <see langword="null"/> for full speed.</summary>
    public ReplayPace? Pace { get; init; }
}
