using CartRecovery.Engine.Insights;

namespace CartRecovery.Host.Api.Insights;

/// <summary>The distribution of features over a store's carts with events in a day.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="Carts">The number of carts, at most 5,000.</param>
/// <param name="Probabilities">The probabilities of the quantiles; the first and the last are the smallest and the largest value.</param>
/// <param name="Features">The features.</param>
sealed record FeatureProfile(DateTime At, int Carts, IReadOnlyList<double> Probabilities, IReadOnlyList<FeatureStatistics> Features);
