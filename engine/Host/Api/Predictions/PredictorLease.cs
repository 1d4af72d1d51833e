namespace CartRecovery.Host.Api.Predictions;

/// <summary>Keeps a predictor usable while a request scores, though its model is replaced meanwhile.</summary>
readonly struct PredictorLease : IDisposable
{
    /// <summary>Takes a reference.</summary>
    public PredictorLease(Predictor predictor)
    {
        predictor.Retain();
        Predictor = predictor;
    }

    /// <summary>The predictor.</summary>
    public Predictor Predictor { get; }

    /// <inheritdoc/>
    public void Dispose() => Predictor.Release();
}
