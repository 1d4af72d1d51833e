using CartRecovery.Engine.Learning.Drift;

namespace CartRecovery.Bench.Drift;

/// <summary>
/// Trains a model on the first rows, then serves it unchanged and watches its outcomes; after drift, trains it anew on the rows that
/// follow. What the engine does with champions, in
/// small: for streams with known drifts. Two classes. One thread.
/// </summary>
/// <param name="learner">The model.</param>
/// <param name="detector">Watches it.</param>
/// <param name="training">Number of rows to train on, 1 or more.</param>
public sealed class MonitoredLearner(IOnlineClassifier learner, ConceptDriftDetector detector, int training = 1000)
{
    readonly double[] _probabilities = new double[2];
    int _trained;

    /// <summary>Processes the next row of the stream.</summary>
    /// <param name="row">One finite value per feature.</param>
    /// <param name="label">The label, 0 or 1.</param>
    /// <returns>What has changed; <see cref="DriftCause.None"/> during training.</returns>
    public DriftCause Process(ReadOnlySpan<double> row, int label)
    {
        if (_trained < training)
        {
            _trained++;
            learner.Learn(row, label);
            return DriftCause.None;
        }

        learner.Predict(row, _probabilities);
        var cause = detector.Add(_probabilities[1], label);
        if (cause != DriftCause.None)
        {
            learner.Reset();
            detector.Reset();
            _trained = 0;
        }

        return cause;
    }
}
