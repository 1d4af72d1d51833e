using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>A planned message of a journey.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Offer">The offer's name.</param>
/// <param name="Context">The kind of shopper, for learning which offers work.</param>
/// <param name="Propensity">The probability that this offer was chosen, 0–1.</param>
/// <param name="DueAt">When it is due (ms since 1970 UTC).</param>
/// <param name="UsefulUntil">When it expires (ms since 1970 UTC).</param>
public sealed record PlannedMessage(
    string Id, int Step, DeliveryChannel Channel, string Offer, int Context, double Propensity, long DueAt, long UsefulUntil)
{
    /// <summary>The shopper's features, by which the offer was chosen: see <see cref="Experiments.OfferFeatures"/>; <see langword="null"/> if there was no choice.</summary>
    public float[]? Features { get; init; }
}
