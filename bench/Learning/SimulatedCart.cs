using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Bench.Learning;

/// <summary>A cart of the simulated shop.</summary>
/// <param name="Row">Its last row of features, and whether it was bought in its session.</param>
/// <param name="Probability">The true probability that it is bought, 0–1.</param>
/// <param name="Price">What it costs.</param>
/// <param name="Luck">A number, 0–1, that decides whether an offer brings it back: the same whatever model decides.</param>
sealed record SimulatedCart(JournalRow Row, double Probability, double Price, double Luck)
{
    // An offer takes this share of the price; of carts that were left, it brings back this share.
    const double Discount = 0.1, Recovered = 0.05;

    /// <summary>
    /// Returns the cart's revenue: an offer brings back some carts that would be left, and takes its discount from those that are bought anyway.
    /// </summary>
    /// <param name="isOffered">Whether the shopper gets the offer.</param>
    public double RevenueOf(bool isOffered) => Row.PurchasedInSession ? Price * (isOffered ? 1 - Discount : 1) : isOffered && Luck < Recovered ? Price * (1 - Discount) : 0;

    /// <summary>Returns the expected revenue, whatever chance did.</summary>
    public double ExpectedRevenueOf(bool isOffered) =>
        (Probability * Price * (isOffered ? 1 - Discount : 1)) + (isOffered ? (1 - Probability) * Recovered * Price * (1 - Discount) : 0);
}
