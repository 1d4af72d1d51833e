namespace CartRecovery.Bench.Learning;

/// <summary>The champion beside the best possible model, on fresh carts.</summary>
/// <param name="Auc">The champion's AUC.</param>
/// <param name="BestAuc">The AUC of the true probabilities.</param>
/// <param name="CalibrationError">The champion's expected calibration error.</param>
sealed record LoopQuality(double Auc, double BestAuc, double CalibrationError);
