using CartRecovery.Engine.Decisions;

namespace CartRecovery.Host.Backtests;

/// <summary>What follows a decision.</summary>
/// <param name="Withheld">Why no series begins; <see langword="null"/> if one begins.</param>
/// <param name="Channel">The channel of the first message.</param>
/// <param name="Offers">The offers among which the engine chooses that of the first message; one if it is known.</param>
sealed record BacktestOutcome(string? Withheld, string Channel, IReadOnlyList<Offer> Offers)
{
    /// <summary>No series begins.</summary>
    /// <param name="reason">Why.</param>
    public static BacktestOutcome None(string reason) => new(reason, "", []);
}
