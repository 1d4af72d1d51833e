using CartRecovery.Engine.Pipeline.Batches;

namespace CartRecovery.Engine.Backtest;

/// <summary>The scope and the limits of a replay. Immutable.</summary>
public sealed record ReplayScope
{
    /// <summary>All stores, without limits: for a command that has the machine to itself.</summary>
    public static ReplayScope All { get; } = new();

    /// <summary>The store whose carts are replayed; <see langword="null"/> for all stores.</summary>
    public (int Number, string Id)? Store { get; init; }

    /// <summary>Maximum number of original decisions, of replayed ones, and of carts with orders, in all lanes together. Beyond it, the replay fails.</summary>
    public int MaxDecisions { get; init; } = int.MaxValue;

    /// <summary>Maximum number of attempts at a lane whose journal loses its oldest file during the read.</summary>
    public int MaxReads { get; init; } = 1;

    /// <summary>Throttles the replay; <see langword="null"/> for full speed.</summary>
    public ReplayPace? Pace { get; init; }

    /// <summary>Receives what is folded and scored in the range, in order; <see langword="null"/> for nobody. It needs a single thread, and the
    /// report is then without decisions and orders.</summary>
    public IRowObserver? Observer { get; init; }
}
