namespace CartRecovery.Host.Api.Predictions;

/// <summary>Provides the predictor of the model in force.</summary>
sealed class Predictors(IEngineState engine) : IDisposable
{
    readonly Lock _gate = new();
    Predictor? _current;

    // A request may still use it.
    Predictor? _former;

    /// <summary>The predictor. Get it once per request.</summary>
    public Predictor Current
    {
        get
        {
            lock (_gate)
            {
                if (_current?.Model != engine.Model)
                {
                    _former?.Dispose();
                    (_former, _current) = (_current, new Predictor(engine.Model));
                }

                return _current!;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _current?.Dispose();
        _former?.Dispose();
    }
}
