namespace CartRecovery.Engine.Backtest;

/// <summary>The scope and the limits of a replay. Immutable.</summary>
public sealed record ReplayScope
{
    /// <summary>All stores, without limits: for a command that has the machine to itself.</summary>
    public static ReplayScope All { get; } = new();

    /// <summary>The store whose carts are replayed; <see langword="null"/> for all stores.</summary>
    public (int Number, string Id)? Store { get; init; }

    /// <summary>Maximum number of original decisions, of replayed ones, and of carts with orders. Beyond it, the replay fails.</summary>
    public int MaxDecisions { get; init; } = int.MaxValue;

    /// <summary>Throttles the replay; <see langword="null"/> for full speed.</summary>
    public ReplayPace? Pace { get; init; }
}
