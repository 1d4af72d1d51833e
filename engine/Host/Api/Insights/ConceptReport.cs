namespace CartRecovery.Host.Api.Insights;

/// <summary>Whether the labels follow from the scores as before.</summary>
/// <param name="Outcomes">The number of rows whose labels are known, one for each cart at most, of the last 28 days or as far as the
/// journal reaches.</param>
/// <param name="Purchases">The number of them with a purchase in the session.</param>
/// <param name="Predicted">The sum of their scores.</param>
/// <param name="Cause"><c>none</c>; <c>errors</c>: the rate of errors has risen; <c>calibration</c>: purchases are more or less frequent in
/// bands of the score.</param>
/// <param name="Since">When the change was found; <see langword="null"/> for none.</param>
sealed record ConceptReport(int Outcomes, int Purchases, double Predicted, string Cause, DateTime? Since);
