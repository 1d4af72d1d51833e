namespace CartRecovery.Host.Api.Predictions;

/// <summary>Provides the predictor of the model in force.</summary>
sealed class Predictors(IEngineState engine) : IDisposable
{
    readonly Lock _gate = new();
    Predictor? _current;

    /// <summary>Rents the predictor of the model in force. Once per request; dispose it when the request has its scores.</summary>
    public PredictorLease Rent()
    {
        lock (_gate)
        {
            while (_current?.Model != engine.Model)
            {
                var model = engine.Model;
                try
                {
                    var next = new Predictor(model);
                    _current?.Release();
                    _current = next;
                }
                catch (ObjectDisposedException) when (model != engine.Model)
                {
                    // Reloads have replaced it twice meanwhile.
                }
            }

            return new PredictorLease(_current!);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _current?.Release();
}
