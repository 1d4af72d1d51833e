namespace CartRecovery.Bench.Drift;

/// <summary>A classifier that learns from one row at a time. One thread.</summary>
public interface IOnlineClassifier
{
    /// <summary>Computes the probability of each class.</summary>
    /// <param name="row">One finite value per feature.</param>
    /// <param name="probabilities">Receives one value per class; their sum is 1.</param>
    void Predict(ReadOnlySpan<double> row, Span<double> probabilities);

    /// <summary>Learns from a row.</summary>
    /// <param name="row">One finite value per feature.</param>
    /// <param name="label">The class, from 0.</param>
    /// <param name="weight">The row's weight, above 0.</param>
    void Learn(ReadOnlySpan<double> row, int label, double weight = 1);

    /// <summary>Forgets everything.</summary>
    void Reset();
}
